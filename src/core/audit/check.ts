import { beginning, hashOf } from './chain.ts'
import type { AuditHead, AuditRow } from './event.ts'

/** Something in a log that is not as it was written. */
export type AuditFault = {
  readonly kind: 'changed' | 'missing' | 'reordered' | 'added' | 'unknown-hash'
  /** Number of the event where it shows; 0 where it is none. */
  readonly seq: number
  /** A sentence for people; it quotes nothing of the log but numbers. */
  readonly message: string
}

/** What a check of a whole log says. */
export type AuditFindings = {
  /** So many events are there. */
  readonly events: number
  /** Only when nothing is wrong. */
  readonly newest?: AuditHead
  /** Number of the event with the hash that was looked for. */
  readonly contains?: number
  /** In order, at most 100: a log that is broken everywhere must not fill the memory. */
  readonly faults: readonly AuditFault[]
  /** So many faults more. */
  readonly more: number
}

/** Takes the events one by one, in order, and says in the end what is wrong. */
export type AuditCheck = {
  readonly take: (row: AuditRow) => void
  /** `head`: the newest event as it is known once all were taken; some may have come meanwhile. */
  readonly end: (head: AuditHead | undefined) => AuditFindings
}

const mostFaults = 100

/**
 * Begins the check of a log. `head` is the newest event as it was known before the first row is read, and `wanted` a hash
 * that the log has to contain. Every change, removal, exchange or addition of an event is found, unless everything behind
 * it was written anew, with the head: against that helps only a hash that was noted elsewhere.
 */
export function checkLog(head: AuditHead | undefined, wanted?: string): AuditCheck {
  const faults: AuditFault[] = []
  const misfits: AuditRow[] = []
  let more = 0
  let events = 0
  let last = beginning
  /** The last event without a hash of its own. */
  let older: number | undefined
  let chained = false
  /** `false`: it is said already that the last event is not what it was. */
  let trusted = true
  let atHead = head?.seq === 0 ? beginning.hash : undefined
  let contains: number | undefined

  const fault = (kind: AuditFault['kind'], seq: number, message: string) => {
    if (faults.length < mostFaults) faults.push({ kind, seq, message })
    else more += 1
  }
  const missing = (from: number, to: number, where = '') =>
    fault(
      'missing',
      from,
      `${from === to ? `Event ${from}${where} is` : `Events ${from} to ${to}${where} are`} missing.`,
    )
  const exchanged = (seq: number, message: string) => {
    if (chained || older === undefined) fault('changed', seq, message)
    else fault('changed', older, `Events up to ${older}, from before the log was chained, are not what they were.`)
  }
  const step = (seq: number, hash: string, fits: boolean) => {
    last = { seq, hash }
    trusted = fits
    if (seq === head?.seq) atHead = fits ? hash : head.hash
    if (fits && hash === wanted) contains = seq
  }
  const takeOlder = (row: AuditRow) => {
    if (chained) fault('changed', row.seq, `Event ${row.seq} was changed: its hash was taken away.`)
    else older = row.seq
    // The hash that it would have links it with the next one all the same.
    step(row.seq, hashOf(last.hash, row.seq, row), true)
  }
  const takeChained = (row: AuditRow, previous: string, hash: string) => {
    const fits = hash === hashOf(previous, row.seq, row)
    if (row.seq > last.seq + 1) missing(last.seq + 1, row.seq - 1)
    else if (fits && trusted && previous !== last.hash) {
      exchanged(row.seq, `Event ${row.seq} does not follow event ${last.seq}: one of them is not what it was.`)
    }
    if (!fits) {
      if (faults.length < mostFaults) misfits.push(row)
      fault('changed', row.seq, `Event ${row.seq} was changed: its hash does not fit what it says.`)
    }
    chained = true
    step(row.seq, hash, fits)
  }

  return {
    take: (row) => {
      events += 1
      const { seq, previous, hash } = row
      if (seq < 1) fault('added', seq, `Event ${seq} was added: the first one is event 1.`)
      else if (seq <= last.seq) fault('reordered', seq, `Event ${seq} was reordered: it comes after event ${last.seq}.`)
      else if (previous === undefined && hash === undefined) takeOlder(row)
      else takeChained(row, previous ?? '', hash ?? '')
    },
    end: (now) => {
      if (!head) fault('missing', 0, 'The record of the newest event (drydock.audit_head) is missing.')
      else if (last.seq < head.seq) missing(last.seq + 1, head.seq, ' at the end')
      else if (atHead !== undefined && atHead !== head.hash) {
        exchanged(head.seq, `Event ${head.seq} is not the one that was written last.`)
      }
      if (now && last.seq > now.seq) {
        fault('added', now.seq + 1, `Events after ${now.seq} were added: it is the newest that Drydock wrote.`)
      }
      const said = faults.map((each) => moved(each, misfits))
      if (wanted !== undefined && contains === undefined) said.push(unknown)
      return {
        events,
        ...(said.length === 0 ? { newest: last } : {}),
        ...(contains === undefined ? {} : { contains }),
        faults: said,
        more,
      }
    },
  }
}

const unknown: AuditFault = {
  kind: 'unknown-hash',
  seq: 0,
  message: 'No event has the hash that was asked for: events up to it were written anew, or it is of another log.',
}

/** What no longer fits its number, but fits that of another one that doesn't, was moved. */
function moved(fault: AuditFault, misfits: readonly AuditRow[]): AuditFault {
  const row = fault.kind === 'changed' ? misfits.find(({ seq }) => seq === fault.seq) : undefined
  const { previous, hash } = row ?? {}
  if (!row || previous === undefined) return fault
  const own = misfits.find(({ seq }) => hash === hashOf(previous, seq, row))
  if (!own) return fault
  return { kind: 'reordered', seq: row.seq, message: `Event ${row.seq} was reordered: it was event ${own.seq}.` }
}
