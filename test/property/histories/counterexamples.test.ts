import { afterAll, beforeAll, test, vi } from 'vitest'
import type { Command, Story } from './commands.ts'
import { runHistory } from './history.ts'
import { type Depot, openDepot } from './store.ts'

// Hours of history in a minute: what waits before it tries again waits no longer than this, in ms.
vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof import('node:timers/promises')>()
  const shorter: typeof real.setTimeout = (ms = 0, value, options) => real.setTimeout(Math.min(ms, 5), value, options)
  return { ...real, setTimeout: shorter }
})

let depot: Depot
beforeAll(async () => {
  depot = await openDepot()
})
afterAll(() => depot?.close())

const merged = { via: 'merge', next: 'sync' } as const
const told = { via: 'merge', next: 'hook' } as const

/** An object is set in an app; one that another app has moves there. */
function set(app: number, slot: number, more: Partial<Extract<Command, { do: 'set' }>> = {}): Command {
  return { do: 'set', app, slot, value: 0, note: 'none', crash: false, ...merged, ...more }
}

const removed = { do: 'remove', app: 0, entry: 0, ...merged } as const

const claim = 14
const hook = 16
const settings = 4
const workload = 11
const extra = 6
const keys = 8

const rollback = {
  do: 'order',
  order: { say: 'rollback', pull: 0, which: 0, dryRun: false },
  later: false,
} as const

const toFirst = { ...rollback, order: { ...rollback.order, named: 0, to: 'commit' } } as const

/** Histories that once went wrong, and some that chance seldom makes. */
const stories: Readonly<Record<string, Omit<Story, 'start'> & Partial<Story>>> = {
  'the deployment of a held sync ends when a newer one takes its place': {
    apps: 1,
    commands: [set(0, claim), { do: 'revert', by: 1, ...merged }, set(0, settings)],
  },
  'a process that dies before it says that a newer one takes the place of a held sync': {
    apps: 1,
    commands: [set(0, claim), removed, set(0, settings, { end: { how: 'killed', at: 2, done: false } })],
  },
  'a process that dies before it tells of a held sync whose place a newer one takes': {
    apps: 1,
    commands: [set(0, claim), removed, set(0, settings, { end: { how: 'killed', at: 3, done: false } })],
  },
  'a newer commit comes while a lock is about to hold the older one': {
    apps: 1,
    commands: [
      { do: 'lock', app: 0, side: 'parent' },
      set(0, settings, {
        meanwhile: { at: 2, edit: { do: 'set', app: 0, slot: extra, value: 0, note: 'none', crash: false } },
      }),
    ],
  },
  'a hook moves to another app': {
    apps: 2,
    commands: [set(0, hook), set(1, hook, { value: 1 })],
  },
  'an object leaves an app and comes to another one before the first of the two commits is synced': {
    apps: 2,
    commands: [
      set(0, settings),
      { do: 'remove', app: 0, entry: 0, ...told },
      set(1, settings, told),
      { do: 'sync', wide: false },
    ],
  },
  'a deletion that waits for its confirmation is nothing to do': {
    apps: 1,
    commands: [
      set(0, hook),
      set(0, settings, { note: 'drydock-confirm' }),
      { do: 'remove', app: 0, entry: 1, ...merged },
    ],
  },
  'a commit that failed half way is taken back': {
    apps: 1,
    commands: [
      set(0, settings),
      set(0, workload),
      { do: 'fail', how: 'refused', skip: 2, count: 1 },
      { do: 'set', app: 0, slot: settings, value: 1, note: 'none', crash: false, ...told },
      set(0, workload, { value: 1 }),
      { do: 'revert', by: 2, ...merged },
    ],
  },
  'more is removed than the app deletes at once': {
    apps: 2,
    commands: [
      set(1, settings),
      set(1, extra),
      { do: 'remove', app: 1, entry: 0, ...told },
      { do: 'remove', app: 1, entry: 0, ...merged },
    ],
  },
  'an object goes and comes back before either is synced': {
    apps: 1,
    commands: [set(0, settings), { ...removed, ...told }, set(0, settings, told), { do: 'sync', wide: false }],
  },
  'the deployment of a held sync ends when a rollback takes its place': {
    apps: 1,
    commands: [set(0, claim), removed, rollback],
  },
  'a process that dies before it says that a rollback takes the place of a held sync': {
    apps: 1,
    commands: [set(0, claim), removed, { ...rollback, end: { how: 'killed', at: 3, done: true } }],
  },
  'another cluster does not answer at first to a rollback': {
    apps: 1,
    commands: [
      set(0, keys),
      set(0, settings),
      { do: 'swap-cluster' },
      { do: 'fail', how: 'dark', skip: 2, count: 3 },
      rollback,
    ],
  },
  'an app goes back once more after what took it back first was merged': {
    apps: 1,
    commands: [
      set(0, settings),
      toFirst,
      { do: 'merge-revert', which: 0, ...merged },
      set(0, settings, { value: 1 }),
      { ...toFirst, order: { ...toFirst.order, pull: 2 } },
      set(0, extra),
    ],
  },
  'a pull request is taken back again after its revert was merged': {
    apps: 1,
    commands: [
      set(0, settings),
      rollback,
      { do: 'merge-revert', which: 0, ...merged },
      set(0, settings, { value: 1 }),
      { ...rollback, order: { ...rollback.order, pull: 2 } },
      set(0, extra),
    ],
  },
  'a commit is gone from the branch before it is synced': {
    apps: 1,
    commands: [
      set(0, settings, told),
      { do: 'force-back', by: 1, via: 'push', next: 'nothing' },
      { do: 'sync', wide: false },
    ],
  },
}

for (const [name, story] of Object.entries(stories))
  test(name, async () => void (await runHistory({ start: [], ...story }, depot)))
