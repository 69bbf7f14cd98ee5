import { describe, expect, it } from 'vitest'
import { defaultApp } from '../../../src/core/config/defaults.ts'
import type { SyncWindow } from '../../../src/core/model/app.ts'
import { problem } from '../../../src/core/model/errors.ts'
import { covers, firstHold, type HoldFacts } from '../../../src/core/sync/holds.ts'

const at = '2026-05-04T09:30:00Z'
const wanted = 'a'.repeat(40)
const older = 'b'.repeat(40)
const freeze = { scope: '*', by: 'root', at, reason: 'release week' }
const lock = { by: 'ann', at, reason: 'measuring', number: 7 }
const pin = { revision: older, by: 'ben', at, reason: 'rolled back', number: 8 }
const night: SyncWindow = { kind: 'deny', schedule: '0 9 * * *', duration: 7_200_000, timeZone: 'UTC', apps: ['*'] }

function facts(more: Partial<HoldFacts> = {}): HoldFacts {
  return {
    app: defaultApp('web', 'apps/web'),
    repository: 'acme/shop',
    revision: wanted,
    now: new Date('2026-05-04T10:00:00Z'),
    asked: false,
    windows: [],
    freezes: [],
    dependencies: [],
    ...more,
  }
}

const manual = (auto: boolean) => {
  const app = defaultApp('web', 'apps/web')
  return { ...app, sync: { ...app.sync, auto } }
}

describe('what holds a sync', () => {
  it('is nothing by default', () => {
    expect(firstHold(facts())).toBeUndefined()
  })

  it('is the first of many', () => {
    const all: Partial<HoldFacts>[] = [
      { disagreement: problem('held', 'who is right?') },
      { freezes: [freeze] },
      { stored: { lock } },
      { stored: { pin } },
      { app: manual(false) },
      { windows: [night] },
      { dependencies: [{ kind: 'wait', app: 'db', why: 'db is being synced to abcdef0' }] },
    ]
    const kinds = all.map((_, index) => {
      const rest = all.slice(index).reverse()
      const stored = Object.assign({}, ...rest.map((each) => each.stored)) as HoldFacts['stored']
      return firstHold(facts({ ...Object.assign({}, ...rest), stored }))?.heldBy.kind
    })
    expect(kinds).toEqual(['disagreement', 'freeze', 'lock', 'pin', 'manual', 'window', 'dependency'])
  })

  it('counts where it is marked on the cluster only', () => {
    expect(firstHold(facts({ parent: { freeze } }))?.heldBy.kind).toBe('freeze')
    expect(firstHold(facts({ parent: { lock } }))?.heldBy.kind).toBe('lock')
    expect(firstHold(facts({ parent: { pin }, stored: {} }))?.heldBy.kind).toBe('pin')
  })
})

describe('a hold tells who, why, since when, and what ends it', () => {
  const words = (more: Partial<HoldFacts>) => {
    const hold = firstHold(facts(more))
    return `${hold?.problem.message} | ${hold?.problem.hint}`
  }

  it('for a freeze', () => {
    expect(words({ freezes: [freeze] })).toBe(
      'Every repository of this server is frozen by root since 2026-05-04 09:30 UTC: release week | ' +
        'Those who run the server end it by `drydock unfreeze`; this sync goes on by itself then.',
    )
    expect(words({ freezes: [{ ...freeze, scope: 'acme/shop' }] })).toContain(
      '`drydock unfreeze --repository acme/shop`',
    )
  })

  it('for a lock', () => {
    expect(words({ stored: { lock } })).toBe(
      'web is locked by ann (#7) since 2026-05-04 09:30 UTC: measuring | `/unlock web`; this sync goes on by itself then.',
    )
  })

  it('for a pin', () => {
    expect(words({ stored: { pin } })).toBe(
      'web is held at bbbbbbb by ben (#8) since 2026-05-04 09:30 UTC: rolled back | ' +
        'Merge the revert, or `/sync web` a fix, or `/unlock web`.',
    )
  })

  it('for an app that waits for a person', () => {
    expect(words({ app: manual(false) })).toBe('`sync.auto` is false: this app waits for a person. | `/sync web`')
  })

  it('for a window', () => {
    expect(words({ windows: [night] })).toBe(
      'web is not synced now, because a deny window is open: `0 9 * * *` UTC for 2h. | ' +
        'It goes on by itself at 2026-05-04 11:00 UTC, or when `windows` changes on the target branch.',
    )
    expect(firstHold(facts({ windows: [night] }))?.heldBy).toEqual({
      kind: 'window',
      until: '2026-05-04T11:00:00.000Z',
    })
  })

  it('for a dependency', () => {
    const failed = { kind: 'hold', app: 'db', why: 'the sync of db to abcdef0 failed' } as const
    expect(words({ dependencies: [{ kind: 'go' }, failed] })).toBe(
      'web depends on db, and the sync of db to abcdef0 failed. | ' +
        '`/sync db`, or merge what mends it; this sync goes on by itself once db is healthy.',
    )
    expect(firstHold(facts({ dependencies: [failed] }))?.heldBy).toEqual({ kind: 'dependency', app: 'db' })
  })
})

describe('what does not hold', () => {
  it('is a freeze of another repository; letter case does not count', () => {
    expect(firstHold(facts({ freezes: [{ ...freeze, scope: 'acme/blog' }] }))).toBeUndefined()
    expect(covers({ scope: 'Acme/SHOP' }, 'acme/shop')).toBe(true)
  })

  it('is a pin at the revision that is to be synced', () => {
    expect(firstHold(facts({ stored: { pin }, parent: { pin }, revision: older }))).toBeUndefined()
  })

  it('is `auto: false` for a sync that somebody asked for', () => {
    expect(firstHold(facts({ app: manual(false), asked: true }))).toBeUndefined()
  })
})
