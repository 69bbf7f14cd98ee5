import { EVENT_ID, type Event, getScalarValue, parseEvents } from 'js-yaml'

/** Keys and indices that lead to a value. */
export type ValuePath = readonly (string | number)[]

/** Nesting of lists and maps that is read. */
export const MAX_DEPTH = 100

/** The places of a text's values. */
export type Positions = {
  /** Line, from 1, of the first key of a document; 1 where it has none. */
  readonly lineOfRoot: (root: number) => number
  /** Line of the value at a path; of what holds it, where it isn't written there. */
  readonly lineOf: (root: number, path: ValuePath) => number
}

/** Reads places from the events of a text. A root is the index of a document's first event ({@link rootsOf}). */
export function positionsOf(text: string, events: readonly Event[]): Positions {
  const lineAt = lineCounter(text)
  const lineOf = (root: number, path: ValuePath): number => {
    const offset = offsetOf(text, events, root, path)
    return offset === undefined ? 1 : lineAt(offset)
  }
  return { lineOf, lineOfRoot: (root) => lineOf(root, []) }
}

/**
 * Finds lines in a text that was read before, by reading it again when it is asked. What it read may be given up
 * between two questions: events take many times the space of their text, and most texts are never asked about.
 */
export function lineFinder(text: string): Positions['lineOf'] {
  let kept: WeakRef<Positions> | undefined
  return (root, path) => {
    let positions = kept?.deref()
    if (!positions) {
      positions = positionsOf(text, parseEvents(text, { maxDepth: MAX_DEPTH }))
      kept = new WeakRef(positions)
    }
    return positions.lineOf(root, path)
  }
}

/** Index of the event after each start of a document. */
export function rootsOf(events: readonly Event[]): number[] {
  return events.flatMap((event, index) => (event.type === EVENT_ID.DOCUMENT ? [index + 1] : []))
}

function startOf(event: Event | undefined): number | undefined {
  if (event === undefined) return undefined
  if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) return event.start
  if (event.type === EVENT_ID.SCALAR) return event.valueStart >= 0 ? event.valueStart : undefined
  return undefined
}

/** Offset of the key (or item) that a path ends at; as far as the path is written out. */
function offsetOf(text: string, events: readonly Event[], root: number, path: ValuePath): number | undefined {
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
