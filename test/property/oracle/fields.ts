import type { FieldChange } from '../../../src/core/model/change.ts'
import type { Body } from '../template.ts'
import { follow } from './pointer.ts'
import { equal, isMap, leaves, stripped } from './raw.ts'

const json = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value))

/**
 * Compares what a plan says of one object with two raw reads of it, in both directions: every planned field changed as
 * it says, and nothing changed beside them. Returns what is wrong.
 */
export function judgeFields(fields: readonly FieldChange[], liveBefore: Body, liveAfter: Body): readonly string[] {
  const [before, after] = [stripped(liveBefore), stripped(liveAfter)]
  const wrong: string[] = []
  const orders: string[] = []
  for (const field of fields) {
    if (field.path === '/metadata/labels/applyset.kubernetes.io~1part-of') continue
    if (field.path.endsWith(`/${counter}`)) continue
    const [was, is] = [follow(before, field.path), follow(after, field.path)]
    const order = orderKey(field, was.value, is.value)
    if (order !== undefined) {
      orders.push(field.path)
      continue
    }
    if (equal(was.value, is.value) && was.found === is.found)
      wrong.push(
        `${field.path}: planned ${json(field.before)} -> ${json(field.after)}, but it stayed ${json(was.value)}`,
      )
    for (const [side, place] of [
      ['before', was],
      ['after', is],
    ] as const) {
      const said = field[side]
      const right =
        place.found === (said !== undefined) && agrees(drawn(said, field.path), drawn(place.value, field.path))
      if (!right) wrong.push(`${field.path}: ${side} is planned as ${json(said)}, but was ${json(place.value)}`)
    }
  }
  const covered = fields.filter((field) => !orders.includes(field.path))
  const places = [before, after].map((side) => covered.map((field) => follow(side, field.path)))
  for (const place of places.flat()) if (place.found) place.remove()
  for (const path of orders) {
    for (const side of [before, after]) {
      const { value } = follow(side, path)
      if (Array.isArray(value)) value.sort((one, other) => (json(one) < json(other) ? -1 : 1))
    }
  }
  for (const side of [before, after]) {
    const metadata = side.metadata as Body
    if (isMap(metadata.annotations)) delete metadata.annotations[counter]
    for (const key of ['labels', 'annotations']) if (equal(metadata[key], {})) delete metadata[key]
    // It follows `clusterIP`, which says the same.
    if (side.kind === 'Service' && isMap(side.spec)) delete side.spec.clusterIPs
  }
  wrong.push(...leaves(before, after).map((each) => `not planned: ${each}`))
  return wrong
}

/** Equal, where what is masked in the plan may be any text: of a mask only that and when it changes is checked. */
function agrees(said: unknown, is: unknown): boolean {
  if (typeof said === 'string' && /^\(sensitive \d+\)$/.test(said)) return typeof is === 'string'
  if (Array.isArray(said) && Array.isArray(is))
    return said.length === is.length && said.every((item, index) => agrees(item, is[index]))
  if (!isMap(said) || !isMap(is)) return equal(said, is)
  const keys = Object.keys(said)
  return (
    keys.length === Object.keys(is).length && keys.every((key) => Object.hasOwn(is, key) && agrees(said[key], is[key]))
  )
}

/** An annotation in which the server counts writes: nobody's change. */
const counter = 'deprecated.daemonset.template.generation'

/** What the server draws by lot, differently at each request: only its presence is compared. */
const allocated = new Set(['nodePort', 'healthCheckNodePort', 'clusterIP', 'clusterIPs'])

/** The value without what the server draws by lot. */
export function drawn(value: unknown, path = ''): unknown {
  if (allocated.has(path.split('/').at(-1) ?? '') && value !== 'None') return value === undefined ? value : 'drawn'
  if (Array.isArray(value)) return value.map((each) => drawn(each))
  if (!isMap(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, drawn(each, `/${key}`)]))
}

/** The key by which a field only speaks of the order of a list's items. */
function orderKey(field: FieldChange, was: unknown, is: unknown): string | undefined {
  const { before, after } = field
  if (!Array.isArray(was) || !Array.isArray(is) || !Array.isArray(before) || !Array.isArray(after)) return undefined
  if (!was.every(isMap) || !is.every(isMap) || before.length === 0 || before.some((each) => typeof each === 'object'))
    return undefined
  const orderOf = (list: readonly Body[], key: string, common: readonly unknown[]) =>
    list.map((item) => String(item[key])).filter((name) => common.includes(name))
  return Object.keys(was[0] ?? {}).find(
    (key) =>
      equal(orderOf(was, key, before.map(String)), before.map(String)) &&
      equal(orderOf(is, key, after.map(String)), after.map(String)),
  )
}
