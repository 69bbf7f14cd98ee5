import { EVENT_ID, type Event, getScalarValue, load, parseEvents, YAMLException } from 'js-yaml'
import { KUBERNETES_SCHEMA } from '../manifests/schema.ts'
import { DrydockErrors, problem } from '../model/errors.ts'
import { lineStarts } from './lines.ts'

/** More than anybody writes by hand. In characters. */
const maxLength = 512 * 1024

/** Values after aliases are spelt out: a file of a few lines can stand for billions of them. */
const maxNodes = 100_000

/** A value of a file with the place of each of its parts. */
export type YamlDocument = {
  readonly value: unknown
  /**
   * Line, from 1, of the value at a path of keys and indexes; where the path leaves the file, the line of its last
   * part that is there. `key` is looked for in the mapping at the path.
   */
  readonly lineOf: (path: readonly PropertyKey[], key?: string) => number
}

/** A node of the file: where it starts (for a value in a mapping: its key), and its parts. */
type Place = {
  readonly offset: number
  readonly parts: Map<string, Place>
  readonly merged: Place[]
}

/**
 * Reads one YAML document (JSON is YAML too). An empty file is `null`. Scalars are read as kubectl
 * and Helm read them, because the file holds Helm's values too.
 *
 * @throws DrydockErrors `config-invalid` with the line of the first syntax error.
 */
export function readYaml(text: string, path: string): YamlDocument {
  const fail = (message: string, line: number, hint?: string): never => {
    throw new DrydockErrors([problem('config-invalid', message, { source: { path, line }, hint })])
  }
  if (text.length > maxLength) return fail(`The file is larger than ${maxLength / 1024} KiB.`, 1)
  try {
    const events = parseEvents(text, {})
    const lineAt = lineStarts(text)
    // `load` refuses a stream without a document; a file of comments is an empty configuration.
    if (!events.some((event) => event.type !== EVENT_ID.DOCUMENT && event.type !== EVENT_ID.POP)) {
      return { value: null, lineOf: () => 1 }
    }
    const value = load(text, { schema: KUBERNETES_SCHEMA })
    if (countNodes(value, maxNodes) >= maxNodes) {
      return fail(`The file holds more than ${maxNodes} values, counting what its aliases stand for.`, 1)
    }
    const root = placesOf(events, text)
    return { value, lineOf: (keys, key) => lineAt(find(root, key === undefined ? keys : [...keys, key])) }
  } catch (thrown) {
    if (!(thrown instanceof YAMLException)) throw thrown
    return fail(`The YAML is broken: ${thrown.reason}.`, (thrown.mark?.line ?? 0) + 1, hintOf(thrown.reason))
  }
}

function hintOf(reason: string): string | undefined {
  if (reason.includes('tab characters')) return 'Indent with spaces.'
  if (reason.includes('single document')) return 'Keep one document: remove the `---` between them.'
  if (reason.includes('duplicated')) return 'Keep one of the two keys.'
  return undefined
}

/** Counts values as if each alias were spelt out; stops at the limit. */
function countNodes(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null) return 1
  let count = 1
  for (const each of Object.values(value)) {
    count += countNodes(each, limit - count)
    if (count >= limit) return limit
  }
  return count
}

function find(root: Place, path: readonly PropertyKey[]): number {
  let place = root
  for (const step of path) {
    const next = part(place, String(step))
    if (!next) return place.offset
    place = next
  }
  return place.offset
}

function part(place: Place, key: string): Place | undefined {
  const own = place.parts.get(key)
  if (own) return own
  for (const merged of place.merged) {
    const found = part(merged, key)
    if (found) return found
  }
  return undefined
}

/** Turns the parser's events into places. */
function placesOf(events: readonly Event[], text: string): Place {
  const anchors = new Map<string, Place>()
  let index = 0
  const next = (): Event | undefined => events[index++]

  // `offset` is the key's, for a value of a mapping: an error points at the line that names it.
  const read = (offset?: number): Place | undefined => {
    const event = next()
    if (!event || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) return undefined
    if (event.type === EVENT_ID.ALIAS) {
      const target = anchors.get(text.slice(event.anchorStart, event.anchorEnd))
      return { offset: offset ?? event.anchorStart, parts: target?.parts ?? new Map(), merged: target?.merged ?? [] }
    }
    const start = event.type === EVENT_ID.SCALAR ? event.valueStart : event.start
    const place: Place = { offset: offset ?? Math.max(start, 0), parts: new Map(), merged: [] }
    if (event.anchorStart >= 0) anchors.set(text.slice(event.anchorStart, event.anchorEnd), place)
    if (event.type === EVENT_ID.SEQUENCE) {
      for (let item = read(); item; item = read()) place.parts.set(String(place.parts.size), item)
    } else if (event.type === EVENT_ID.MAPPING) {
      readPairs(place)
    }
    return place
  }

  const readPairs = (place: Place): void => {
    for (;;) {
      const event = events[index]
      const key = read()
      if (!key) return
      const value = read(key.offset)
      if (!value || event?.type !== EVENT_ID.SCALAR) continue
      const name = getScalarValue(text, event)
      if (name === '<<') place.merged.push(value, ...value.parts.values())
      else place.parts.set(name, value)
    }
  }

  while (events[index]?.type === EVENT_ID.DOCUMENT) index++
  return read() ?? { offset: 0, parts: new Map(), merged: [] }
}
