import { isArray, isObject, type Json } from '../../../core/model/object.ts'
import { fieldStep, readable, step } from './field-set.ts'
import { childShape, type Shape } from './schema.ts'
import { itemStep } from './typed.ts'

/** A field that the schema of its kind doesn't allow. */
type Misfit = {
  /** As server-side apply says it: `.spec.replica: field not declared in schema`. */
  readonly message: string
  /** Path as the strict decoder says it, `spec.containers[0].imag`; only of unknown fields. */
  readonly unknown?: string
}

/** Every place where a value doesn't fit the schema of its kind. */
export function misfits(shape: Shape, value: Json): readonly Misfit[] {
  const found: Misfit[] = []
  const walk = (at: Shape, current: Json, path: string, plain: string): void => {
    if (current === null || at.is === 'any') return
    const wrong = mismatch(at, current)
    if (wrong) found.push({ message: `${readable(path)}: ${wrong}` })
    else if (isArray(current) && at.is === 'list') {
      const seen = new Set<string>()
      for (const [index, item] of current.entries()) {
        const key = at.atomic ? fieldStep(String(index)) : itemStep(at, item)
        if (seen.has(key)) {
          found.push({ message: `${readable(path)}: duplicate entries for key ${readable(key)}` })
        }
        seen.add(key)
        walk(at.item, item, step(path, key), `${plain}[${index}]`)
      }
    } else if (isObject(current)) {
      for (const [key, item] of Object.entries(current)) {
        const below = step(path, fieldStep(key))
        const name = plain === '' ? key : `${plain}.${key}`
        const child = childShape(at, key)
        if (!child) found.push({ message: `${readable(below)}: field not declared in schema`, unknown: name })
        else if (item !== undefined) walk(child, item, below, name)
      }
    }
  }
  walk(shape, value, '', '')
  return found
}

function mismatch(shape: Shape, value: Json): string | undefined {
  const got = (): string => `got &value.valueUnstructured{Value:${JSON.stringify(value)}}`
  switch (shape.is) {
    case 'text':
      return typeof value === 'string' ? undefined : `expected string, ${got()}`
    case 'number':
      if (typeof value === 'number' || typeof value === 'bigint') return undefined
      return `expected numeric (int or float), got ${typeof value}`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, ${got()}`
    case 'scalar':
      return typeof value === 'object' ? `expected a scalar, ${got()}` : undefined
    case 'list':
      return isArray(value) ? undefined : `expected list, ${got()}`
    case 'map':
    case 'struct':
      return isObject(value) ? undefined : `expected map, ${got()}`
    case 'any':
      return undefined
  }
}

/** The value without the fields that the schema doesn't know, as the API server drops them when it only warns. */
export function withoutUnknown(shape: Shape, value: Json): Json {
  if (isArray(value) && shape.is === 'list') return value.map((item) => withoutUnknown(shape.item, item))
  if (!isObject(value) || (shape.is !== 'struct' && shape.is !== 'map')) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      const child = childShape(shape, key)
      return child && item !== undefined ? [[key, withoutUnknown(child, item)]] : []
    }),
  )
}
