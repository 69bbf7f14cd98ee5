import type { Marks } from '../../core/model/inventory.ts'
import { parseJson } from '../../core/model/json.ts'
import { isArray, isObject, type JsonObject } from '../../core/model/object.ts'

type Kind = 'text' | 'number' | 'boolean' | 'list'
type Field = { readonly kind: Kind; readonly needed?: boolean; readonly of?: Shape }
type Shape = Readonly<Record<string, Field>>

const text = { kind: 'text', needed: true } as const
const wish = { by: text, at: text, reason: { kind: 'text' }, keep: { kind: 'boolean' } } as const

/** What each mark holds, by its annotation. */
const shapes: Readonly<Record<keyof Marks, Shape>> = {
  lock: {
    ...wish,
    number: { kind: 'number' },
    waiting: { kind: 'list', of: { ...wish, number: { kind: 'number', needed: true } } },
    passedFrom: { kind: 'text' },
    doneBy: { kind: 'text' },
  },
  pin: {
    revision: text,
    by: text,
    at: text,
    reason: text,
    number: { kind: 'number' },
    revert: { kind: 'number' },
  },
  freeze: { scope: text, by: text, at: text, reason: text },
}

/** Names of the annotations that hold marks. */
export const markAnnotations = Object.keys(shapes).map(annotationOf)

/** Marks as annotations of a parent object: compact JSON, `drydock.dev/lock: {"by":"ann","at":"…"}`. */
export function toAnnotations(marks: Marks | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(marks ?? {}).flatMap(([name, mark]) => (mark ? [[annotationOf(name), JSON.stringify(mark)]] : [])),
  )
}

/**
 * The marks of a parent object; `undefined` where it has none. Throws SyntaxError with the name of an annotation that
 * can't be read: a lock must not be lost because somebody mistyped it.
 */
export function fromAnnotations(annotations: JsonObject): Marks | undefined {
  const found = Object.entries(shapes).flatMap(([name, shape]) => {
    const value = annotations[annotationOf(name)]
    return value === undefined ? [] : [[name, read(annotationOf(name), value, shape)]]
  })
  return found.length > 0 ? (Object.fromEntries(found) as Marks) : undefined
}

function read(name: string, value: unknown, shape: Shape): JsonObject {
  const mark = parsed(value)
  if (!isObject(mark) || !fits(mark, shape)) throw new SyntaxError(name)
  // With what a later version wrote beside this: it stays when the mark is written again.
  return mark
}

function fits(mark: JsonObject, shape: Shape): boolean {
  return Object.entries(shape).every(([key, { kind, needed, of = {} }]) => {
    const field = mark[key]
    if (field === undefined) return !needed
    if (kind === 'list') return isArray(field) && field.every((each) => isObject(each) && fits(each, of))
    return typeof field === (kind === 'text' ? 'string' : kind)
  })
}

function parsed(value: unknown) {
  try {
    return typeof value === 'string' ? parseJson(value) : undefined
  } catch {
    return undefined
  }
}

function annotationOf(mark: string): string {
  return `drydock.dev/${mark}`
}
