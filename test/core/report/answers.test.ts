import fc from 'fast-check'
import { marked } from 'marked'
import { describe, expect, test } from 'vitest'
import type { SyncOutcome } from '../../../src/core/model/outcome.ts'
import { acceptedAnswer, lockedForYou, lockWords, problemText, queuedWords } from '../../../src/core/report/answers.ts'
import { type AppStatus, statusAnswer } from '../../../src/core/report/status.ts'
import { hostileText, mentionsIn } from './hostile.ts'
import { changeOf, deletedVolume } from './plans.ts'

const now = '2026-11-21T14:03:22Z'
const at = '2026-11-21T12:03:22Z'

function outcomeOf(more: Partial<SyncOutcome> = {}): SyncOutcome {
  const revision = 'abc1234def5678abc1234def5678abc1234def56'
  return { app: 'shop', cluster: 'production', revision, state: 'succeeded', objects: [], problems: [], ...more }
}

function status(apps: readonly AppStatus[], more: Partial<Parameters<typeof statusAnswer>[0]> = {}): string {
  return statusAnswer({ repository: 'acme/shop', apps, freezes: [], now, ...more })
}

describe('what was accepted', () => {
  test('is listed, a mass prune once for its app', () => {
    const pruned = ['a', 'b'].map((name) => changeOf(name, { action: 'delete', risks: ['mass-prune'] }))
    const text = acceptedAnswer(
      [
        { app: 'shop', change: deletedVolume, risk: 'data-loss' },
        ...pruned.map((change) => ({ app: 'shop', change, risk: 'mass-prune' as const })),
        { app: 'shop', change: changeOf('old', { action: 'delete' }), risk: 'unconfirmed' },
      ],
      'It is planned again.',
    )
    expect(text.split('\n')).toEqual([
      'Accepted 3 risks. It is planned again.',
      '',
      '- `shop`: PersistentVolumeClaim shop/db-data: its data is lost',
      '- `shop`: many deletions at once: this app deletes more objects at once than its `maxPrune` allows',
      '- `shop`: Deployment shop/old: its deletion',
    ])
  })

  test('is counted when it is much', () => {
    const many = Array.from({ length: 30 }, (_, index) => ({
      app: 'shop',
      change: changeOf(`web-${index}`),
      risk: 'immutable' as const,
    }))
    expect(acceptedAnswer(many, '')).toContain('Accepted 30 risks.')
    expect(acceptedAnswer(many, '')).toMatch(/web-19: .*\n- and 10 more$/)
  })
})

describe('the status', () => {
  const shop = { app: 'shop', cluster: 'production' }

  test('says what is known, and of the rest that it is unknown', () => {
    expect(status([shop])).toContain('| `shop` → `production` | unknown | none known | – |')
    const { revision } = outcomeOf()
    const last = { outcome: outcomeOf(), at, number: 42 }
    expect(status([{ ...shop, revision, last }])).toContain(
      '| `shop` → `production` | `abc1234` | succeeded at `abc1234` of #\u200b42, 2 h ago | – |',
    )
    expect(status([shop])).toContain('health and drift are unknown here')
    expect(status([])).toContain('No app is known here.')
  })

  test('says who holds an app and why, once', () => {
    const held = outcomeOf({
      state: 'held',
      heldBy: { kind: 'lock' },
      problems: [{ code: 'held', message: 'locked!' }],
    })
    const lock = { by: 'ann', at, reason: 'incident', number: 7 }
    const pin = { revision: outcomeOf().revision, by: 'bob', at, reason: 'bad release' }
    const text = status([{ ...shop, lock, pin, last: { outcome: held, at } }])
    expect(text).toContain(
      '| locked by ann on #\u200b7, 2 h ago: incident; pinned to abc1234 by bob, 2 h ago: bad release |',
    )
    expect(text).not.toContain('locked!')
  })

  test('says who waits for a lock', () => {
    const waiting = ['ben', 'zoe'].map((by, index) => ({ by, at, number: index + 8 }))
    expect(status([{ ...shop, lock: { by: 'ann', at, number: 7, waiting } }])).toContain(
      '| locked by ann on #\u200b7, 2 h ago; 2 wait: ben (#\u200b8), zoe (#\u200b9) |',
    )
    const many = Array.from({ length: 8 }, () => ({ by: 'ben', at, number: 8 }))
    expect(status([{ ...shop, lock: { by: 'ann', at, waiting: many } }])).toContain('ben (#\u200b8), and 3 more |')
  })

  test('says what else holds it', () => {
    const message = 'ConfigMap shop/a: its data is lost; a person has to accept it.'
    const held = outcomeOf({ state: 'held', heldBy: { kind: 'risk' }, problems: [{ code: 'held', message }] })
    expect(status([{ ...shop, last: { outcome: held, at } }])).toContain(`| ${message} |`)
  })

  test('begins with a freeze of this repository or of all', () => {
    const freeze = { by: 'ops', at, reason: 'audit' }
    const all = status([shop], { freezes: [{ ...freeze, scope: '*' }] })
    expect(all).toMatch(/^⏸ \*\*Every repository of this server is frozen\*\* by ops, 2 h ago: audit\n/)
    expect(status([shop], { freezes: [{ ...freeze, scope: 'Acme/Shop' }] })).toMatch(/^⏸ \*\*This repository is frozen/)
    expect(status([shop], { freezes: [{ ...freeze, scope: 'acme/other' }] })).not.toContain('frozen')
  })

  test('counts apps that are too many', () => {
    const apps = Array.from({ length: 60 }, (_, index) => ({ ...shop, app: `app-${index}` }))
    expect(status(apps)).toContain('10 more apps not shown.')
  })
})

describe('a lock that somebody waits for', () => {
  const lock = { by: 'ann', at, number: 7 }
  test('says whose turn comes first', () => {
    const held = 'is locked by ann (#\u200b7) since 2026-11-21 12:03 UTC'
    expect(queuedWords(lock, 0)).toBe(`${held}. You are next.`)
    expect(queuedWords({ ...lock, reason: 'incident' }, 1)).toBe(`${held}: incident. 1 waits before you.`)
    expect(queuedWords({ ...lock, reason: 'Why?' }, 2)).toBe(`${held}: Why? 2 wait before you.`)
  })
  test('tells the one whose it is, and nobody else', () => {
    expect(lockedForYou('shop', { ...lock, passedFrom: '@eve' })).toBe(
      '@ann: `shop` is locked for you now: the lock of @\u200beve is over, and you were next. `/unlock shop` lets it go, and so does the end of this pull request.',
    )
    expect(lockedForYou('shop', { ...lock, by: 'ann @acme/all', keep: true, passedFrom: 'eve' })).toMatch(
      /^`ann @acme\/all`: .* lets it go\.$/,
    )
  })
})

test('answers mention nobody and break out of nothing, whatever they quote', () => {
  fc.assert(
    fc.property(hostileText, hostileText, (one, other) => {
      const lock = { by: one, at: other, reason: other, waiting: [{ by: other, at: one, number: 1 }] }
      const outcome = outcomeOf({ state: 'held', problems: [{ code: 'held', message: other }], revision: one })
      const texts = [
        lockWords(lock),
        queuedWords(lock, 1),
        lockedForYou(one, { ...lock, by: `${one} `, passedFrom: other }),
        problemText({ code: 'internal', message: one, hint: other }),
        acceptedAnswer([{ app: one, change: changeOf(other, { kind: one }), risk: 'data-loss' }], ''),
        status([{ app: one, cluster: other, revision: one, lock, last: { outcome, at: one } }], {
          freezes: [{ scope: '*', by: one, at: other, reason: other }],
        }),
      ]
      for (const text of texts) {
        expect(mentionsIn(text)).toEqual([])
        marked.walkTokens(marked.lexer(text), ({ type }) => {
          expect(['html', 'link', 'image', 'code', 'def']).not.toContain(type)
        })
      }
    }),
  )
})
