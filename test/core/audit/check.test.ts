import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { beginning, hashOf } from '../../../src/core/audit/chain.ts'
import { checkLog } from '../../../src/core/audit/check.ts'
import type { AuditFields, AuditHead, AuditRow } from '../../../src/core/audit/event.ts'

const word = fc.string({ unit: 'binary', maxLength: 8 })
const fields = fc.record(
  {
    at: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    ...{ actor: word, action: word, repository: word, app: word, cluster: word, revision: word },
    ...{ digest: word, number: fc.nat(), result: word, allowedBy: word },
  },
  { requiredKeys: ['at', 'actor', 'action', 'repository', 'app', 'cluster', 'revision', 'result', 'allowedBy'] },
) as fc.Arbitrary<AuditFields>

type Log = { readonly rows: readonly AuditRow[]; readonly head: AuditHead }

/** A log as Drydock writes it: its first events may be from before the chain, with gaps. */
function logOf(events: readonly AuditFields[], older: number): Log {
  let head = beginning
  const rows = events.map((each, index): AuditRow => {
    const old = index < older
    const seq = head.seq + (old && index % 3 === 2 ? 5 : 1)
    const previous = head.hash
    head = { seq, hash: hashOf(previous, seq, each) }
    return { ...each, seq, ...(old ? {} : { previous, hash: head.hash }) }
  })
  return { rows, head }
}

const logs = fc
  .tuple(fc.array(fields, { minLength: 2, maxLength: 12 }), fc.nat(6))
  .map(([events, older]) => logOf(events, older))

function findings(rows: readonly AuditRow[], head: AuditHead | undefined, wanted?: string) {
  const check = checkLog(head, wanted)
  for (const row of rows) check.take(row)
  return check.end(head)
}

const messages = (rows: readonly AuditRow[], head: AuditHead | undefined, wanted?: string) =>
  findings(rows, head, wanted).faults.map(({ message }) => message)

/** Puts another value into one column. */
function changed(row: AuditRow, key: keyof AuditRow, value: string | number): AuditRow {
  const { [key]: before, ...others } = row
  const kept = key === 'digest' || key === 'number' ? others : { ...others, [key]: before }
  // Absent becomes present, present becomes absent or another one.
  if (before === undefined || !(key in kept))
    return (before === undefined ? { ...row, [key]: value } : kept) as AuditRow
  return { ...row, [key]: before === value ? `${value}!` : value } as AuditRow
}

const columns = [
  ...['at', 'actor', 'action', 'repository', 'app', 'cluster', 'revision', 'digest', 'number', 'result', 'allowedBy'],
] as (keyof AuditFields)[]

describe('any log', () => {
  it('is unbroken as it was written, and contains each of its events', () => {
    fc.assert(
      fc.property(logs, fc.nat(), ({ rows, head }, pick) => {
        const row = rows[pick % rows.length]
        const newest = findings(rows, head, row?.hash)
        expect(newest).toMatchObject({ events: rows.length, newest: head, faults: [], more: 0 })
        expect(newest.contains).toBe(row?.hash === undefined ? undefined : row.seq)
      }),
    )
  })

  it('shows that one column of one event was changed', () => {
    fc.assert(
      fc.property(logs, fc.nat(), fc.constantFrom(...columns), word, ({ rows, head }, pick, column, value) => {
        const at = pick % rows.length
        const broken = rows.map((row, index) => (index === at ? changed(row, column, value) : row))
        expect(findings(broken, head).faults.map(({ kind }) => kind)).toEqual(['changed'])
      }),
    )
  })

  it('shows that a hash was changed or taken away, or made to fit a change', () => {
    fc.assert(
      fc.property(
        logs,
        fc.nat(),
        fc.constantFrom('hash', 'previous', 'both', 'fitting'),
        ({ rows, head }, pick, how) => {
          const chained = rows.filter((row) => row.hash !== undefined)
          const target = chained[pick % Math.max(1, chained.length)]
          fc.pre(target !== undefined)
          const { hash: _hash, previous = '', ...bare } = target as AuditRow
          const lie = { ...bare, result: `${bare.result}!` }
          const broken: AuditRow = {
            hash: { ...bare, previous, hash: beginning.hash.replace('0', '1') },
            previous: { ...(target as AuditRow), previous: `${previous}!` },
            both: lie,
            fitting: { ...lie, previous, hash: hashOf(previous, lie.seq, lie) },
          }[how]
          expect(
            findings(
              rows.map((row) => (row === target ? broken : row)),
              head,
            ).faults,
          ).not.toEqual([])
        },
      ),
    )
  })

  it('shows that events were removed, wherever they were', () => {
    fc.assert(
      fc.property(logs, fc.nat(), fc.integer({ min: 1, max: 3 }), ({ rows, head }, pick, count) => {
        const from = pick % rows.length
        const left = rows.filter((_, index) => index < from || index >= from + count)
        expect(findings(left, head).faults).not.toEqual([])
        // Also when those behind are moved up.
        const closed = left.map((row, index) => ({ ...row, seq: rows[index]?.seq ?? 0 }))
        expect(findings(closed, head).faults).not.toEqual([])
      }),
    )
  })

  it('shows that two events were exchanged: their places, their numbers, or what they say', () => {
    fc.assert(
      fc.property(logs, fc.nat(), fc.nat(), ({ rows, head }, one, other) => {
        const [first, second] = [rows[one % rows.length], rows[other % rows.length]] as [AuditRow, AuditRow]
        fc.pre(first !== second)
        const swap = (make: (from: AuditRow, to: AuditRow) => AuditRow) =>
          rows.map((row) => (row === first ? make(second, first) : row === second ? make(first, second) : row))
        const keep = ({ seq, previous, hash }: AuditRow) => ({
          seq,
          ...(previous === undefined ? {} : { previous }),
          ...(hash === undefined ? {} : { hash }),
        })
        const bare = ({ previous: _previous, hash: _hash, ...row }: AuditRow) => row
        expect(
          findings(
            swap((from) => from),
            head,
          ).faults,
        ).not.toEqual([])
        expect(
          findings(
            swap((from, to) => ({ ...from, seq: to.seq })),
            head,
          ).faults,
        ).not.toEqual([])
        const same = JSON.stringify({ ...bare(first), seq: 0 }) === JSON.stringify({ ...bare(second), seq: 0 })
        fc.pre(!same)
        expect(
          findings(
            swap((from, to) => ({ ...bare(from), ...keep(to) })),
            head,
          ).faults,
        ).not.toEqual([])
      }),
    )
  })

  it('shows that an event was added, at the end or before the first', () => {
    fc.assert(
      fc.property(logs, fields, ({ rows, head }, event) => {
        const seq = head.seq + 1
        const next = { ...event, seq, previous: head.hash, hash: hashOf(head.hash, seq, event) }
        expect(messages([...rows, next], head)).toEqual([
          `Events after ${head.seq} were added: it is the newest that Drydock wrote.`,
        ])
        expect(messages([{ ...event, seq: 0 }, ...rows], head)).toEqual([
          'Event 0 was added: the first one is event 1.',
        ])
      }),
    )
  })
})

describe('what is said', () => {
  const event = (result: string): AuditFields => ({
    ...{ at: '2026-05-04T10:00:00.000Z', actor: 'ann', action: 'sync', repository: 'acme/shop', app: 'web' },
    ...{ cluster: 'prod', revision: 'r1', result, allowedBy: 'merge of #1' },
  })
  const six = ['a', 'b', 'c', 'd', 'e', 'f'].map(event)
  const { rows, head } = logOf(six, 0)
  const mixed = logOf(six, 3)
  const at = (seq: number): AuditRow => rows[seq - 1] as AuditRow
  const without = (...gone: number[]) => rows.filter(({ seq }) => !gone.includes(seq))

  it.each([
    ['one is gone', without(3), ['Event 3 is missing.']],
    ['some are gone', without(1, 2, 5), ['Events 1 to 2 are missing.', 'Event 5 is missing.']],
    ['the last are gone', without(5, 6), ['Events 5 to 6 at the end are missing.']],
    ['all are gone', [], ['Events 1 to 6 at the end are missing.']],
    [
      'two have changed places',
      rows.map((row) => (row.seq === 2 ? { ...at(5), seq: 2 } : row.seq === 5 ? { ...at(2), seq: 5 } : row)),
      ['Event 2 was reordered: it was event 5.', 'Event 5 was reordered: it was event 2.'],
    ],
    [
      'one was written anew',
      rows.map((row) => (row.seq === 3 ? { ...row, result: 'x', hash: hashOf(at(2).hash ?? '', 3, event('x')) } : row)),
      ['Event 4 does not follow event 3: one of them is not what it was.'],
    ],
    [
      'the last was written anew',
      rows.map((row) => (row.seq === 6 ? { ...row, result: 'x', hash: hashOf(at(5).hash ?? '', 6, event('x')) } : row)),
      ['Event 6 is not the one that was written last.'],
    ],
    [
      'the hash of one was taken away',
      rows.map((row) => (row.seq === 3 ? { ...event('c'), seq: 3 } : row)),
      ['Event 3 was changed: its hash was taken away.'],
    ],
    ['one comes twice', [...rows, at(6)], ['Event 6 was reordered: it comes after event 6.']],
  ])('when %s', (_, broken, said) => {
    expect(messages(broken, head)).toEqual(said)
  })

  it('when one from before the chain is not what it was, also without any event after', () => {
    const said = (count: number) => [`Events up to ${count}, from before the log was chained, are not what they were.`]
    const broken = (log: Log) => log.rows.map((row, index) => (index === 0 ? { ...row, actor: 'eve' } : row))
    expect(messages(broken(mixed), mixed.head)).toEqual(said(7))
    const onlyOld = logOf(six.slice(0, 3), 3)
    expect(messages(broken(onlyOld), onlyOld.head)).toEqual(said(7))
  })

  it('when the note of the newest event is gone, or is none of an empty log', () => {
    expect(messages([], { seq: 0, hash: head.hash })).toEqual(['Event 0 is not the one that was written last.'])
    expect(messages(rows, undefined)).toEqual(['The record of the newest event (drydock.audit_head) is missing.'])
  })

  it('when everything was written anew: a hash that was noted is not there any more', () => {
    const forged = logOf([event('forged'), ...six.slice(1)], 0)
    expect(messages(forged.rows, forged.head)).toEqual([])
    expect(messages(forged.rows, forged.head, head.hash)).toEqual([expect.stringContaining('No event has the hash')])
    // Nor does it help to put it where it does not belong.
    const put = forged.rows.map((row) => (row.seq === 6 ? { ...row, hash: head.hash } : row))
    expect(findings(put, forged.head, head.hash)).toMatchObject({
      faults: [{ kind: 'changed', seq: 6 }, { kind: 'unknown-hash' }],
    })
  })

  it('when events come while it is looked through: nothing', () => {
    const check = checkLog({ seq: 4, hash: at(4).hash ?? '' })
    for (const row of rows) check.take(row)
    expect(check.end(head).faults).toEqual([])
  })

  it('when everything is broken: the first hundred', () => {
    const many = logOf(
      Array.from({ length: 250 }, (_, index) => event(`${index}`)),
      0,
    )
    const broken = many.rows.map((row) => ({ ...row, actor: 'eve' }))
    const { faults, more } = findings(broken, many.head)
    expect({ faults: faults.length, more, last: faults.at(-1)?.seq }).toEqual({ faults: 100, more: 150, last: 100 })
  })

  it('can be recomputed by others from an exported line', () => {
    const { previous, seq } = at(2)
    const text = `["${previous}",${seq},"2026-05-04T10:00:00.000Z","ann","sync","acme/shop","web","prod","r1",null,null,"b","merge of #1"]`
    expect(at(2).hash).toBe(`sha256:${createHash('sha256').update(text).digest('hex')}`)
  })
})
