import { constructFromEvents, EVENT_ID, type Event, getScalarValue, parseEvents, YAMLException } from 'js-yaml'
import type { Json } from '../model/object.ts'
import { checkValue, type NodeBudget } from './check-value.ts'
import { KUBERNETES_SCHEMA } from './schema.ts'

/** One document of a YAML text. */
export type YamlDocument = {
  readonly value: Json
  /** Line of its first key, from 1. */
  readonly line: number
  /** Line of the value at a path of keys and indices; of what holds it, where it isn't written there. */
  readonly lineOf: (path: readonly (string | number)[]) => number
}

/** Why a text can't be read. The message holds no value of the text. */
export type YamlFailure = { readonly line: number; readonly message: string }

const MAX_ALIASES = 100
const MAX_DEPTH = 100

/** Reads all documents of a text as kubectl would, or says what is wrong with it. Empty documents are left out. */
export function readDocuments(
  text: string,
  budget: NodeBudget = { left: 1_000_000 },
): { readonly documents: readonly YamlDocument[] } | { readonly failure: YamlFailure } {
  const lineAt = lineCounter(text)
  try {
    const events = parseEvents(text, { maxDepth: MAX_DEPTH })
    const values = constructFromEvents(events, { source: text, schema: KUBERNETES_SCHEMA, maxAliases: MAX_ALIASES })
    const documents: YamlDocument[] = []
    for (const [index, root] of rootsOf(events).entries()) {
      const value = values[index]
      if (value === null || value === undefined) continue
      const start = startOf(events[root])
      const line = start === undefined ? 1 : lineAt(start)
      const wrong = checkValue(value, budget, MAX_DEPTH)
      if (wrong) return { failure: { line, message: wrong } }
      documents.push({
        value: value as Json,
        line,
        lineOf: (path) => {
          const offset = offsetOf(text, events, root, path)
          return offset === undefined ? line : lineAt(offset)
        },
      })
    }
    return { documents }
  } catch (error) {
    return { failure: failureOf(error) }
  }
}

function failureOf(error: unknown): YamlFailure {
  if (!(error instanceof YAMLException)) return { line: 1, message: 'this is not YAML that can be read' }
  // Quoted text is of the file and could be a part of a secret.
  const message = error.reason.replace(/ ?"[^"]*"| ?!<[^>]*>/g, '')
  return { line: (error.mark?.line ?? 0) + 1, message }
}

/** Index of the event after each start of a document. */
function rootsOf(events: readonly Event[]): number[] {
  return events.flatMap((event, index) => (event.type === EVENT_ID.DOCUMENT ? [index + 1] : []))
}

function startOf(event: Event | undefined): number | undefined {
  if (event === undefined) return undefined
  if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) return event.start
  if (event.type === EVENT_ID.SCALAR) return event.valueStart >= 0 ? event.valueStart : undefined
  return undefined
}

/** Offset of the key (or item) that a path ends at; as far as the path is written out. */
function offsetOf(
  text: string,
  events: readonly Event[],
  root: number,
  path: readonly (string | number)[],
): number | undefined {
  let node = root
  let offset = startOf(events[root])
  for (const step of path) {
    const event = events[node]
    let child: number | undefined
    if (event?.type === EVENT_ID.MAPPING && typeof step === 'string') {
      for (let at = node + 1; events[at]?.type !== EVENT_ID.POP && at < events.length; ) {
        const value = after(events, at)
        const key = events[at]
        if (key?.type === EVENT_ID.SCALAR && getScalarValue(text, key) === step) {
          child = value
          offset = startOf(key) ?? offset
          break
        }
        at = after(events, value)
      }
    } else if (event?.type === EVENT_ID.SEQUENCE && typeof step === 'number') {
      child = node + 1
      for (let skip = 0; skip < step && events[child]?.type !== EVENT_ID.POP; skip++) child = after(events, child)
      offset = startOf(events[child]) ?? offset
    }
    if (child === undefined) return offset
    node = child
  }
  return offset
}

/** Index of the event after a whole node. */
function after(events: readonly Event[], start: number): number {
  let depth = 0
  for (let index = start; index < events.length; index++) {
    const type = events[index]?.type
    if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE || type === EVENT_ID.DOCUMENT) depth++
    else if (type === EVENT_ID.POP) depth--
    if (depth <= 0) return index + 1
  }
  return events.length
}

/** Line, from 1, of an offset; by binary search over the line starts. */
function lineCounter(text: string): (offset: number) => number {
  let starts: number[] | undefined
  return (offset) => {
    if (!starts) {
      starts = [0]
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
    }
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}
