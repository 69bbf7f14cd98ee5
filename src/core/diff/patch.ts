import { at, isArray, isObject, type Json, type JsonObject } from '../model/object.ts'
import type { Difference } from './fields.ts'
import type { Step } from './ownership.ts'

/** A copy of a value in which one side of a difference stands at its place. */
export function withSide(root: Json | undefined, difference: Difference, side: 'before' | 'after'): Json | undefined {
  const { steps, order } = difference
  const value = difference[side]
  if (order === undefined || !isArray(value)) return withValue(root, steps, value)
  const list = valueAt(root, steps)
  if (!isArray(list)) return root
  const names = value.map(String)
  const rankOf = (item: Json) => names.indexOf(nameOf(item, order) ?? '')
  const ranked = list.filter((item) => rankOf(item) >= 0).sort((one, other) => rankOf(one) - rankOf(other))
  return withValue(
    root,
    steps,
    list.map((item) => (rankOf(item) < 0 ? item : (ranked.shift() ?? item))),
  )
}

/** A copy of a value in which the place at `steps` holds `value`; `undefined` takes it out. */
export function withValue(root: Json | undefined, steps: readonly Step[], value: Json | undefined): Json | undefined {
  const [step, ...rest] = steps
  if (step === undefined) return value
  if (typeof step === 'string') {
    if (isArray(root)) return withItem(root, Number(step), (item) => withValue(item, rest, value))
    const object: JsonObject = isObject(root) ? root : {}
    const next = withValue(at(object, step), rest, value)
    if (next !== undefined) return { ...object, [step]: next }
    return Object.fromEntries(Object.entries(object).filter(([key]) => key !== step))
  }
  const list = isArray(root) ? root : []
  const index = list.findIndex((item) => nameOf(item, step.key) === step.value)
  if (index >= 0) return withItem(list, index, (item) => withValue(item, rest, value))
  if (value === undefined) return list
  return [
    ...list,
    withValue(rest.length > 0 ? { [step.key]: at(step.item, step.key) } : undefined, rest, value) ?? null,
  ]
}

/** The value at `steps`, or `undefined` where they leave the value. */
export function valueAt(root: Json | undefined, steps: readonly Step[]): Json | undefined {
  return steps.reduce<Json | undefined>((value, step) => {
    if (typeof step === 'string') return at(value, step)
    return isArray(value) ? value.find((item) => nameOf(item, step.key) === step.value) : undefined
  }, root)
}

function withItem(
  list: readonly Json[],
  index: number,
  change: (item: Json | undefined) => Json | undefined,
): readonly Json[] {
  if (!Number.isInteger(index) || index < 0 || index >= list.length) return list
  const next = change(list[index])
  return next === undefined ? list.filter((_, each) => each !== index) : list.with(index, next)
}

function nameOf(item: Json, key: string): string | undefined {
  const name = at(item, key)
  return name === undefined ? undefined : String(name)
}
