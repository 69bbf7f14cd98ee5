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
const extra = 6

/** Histories that once went wrong. */
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
}

for (const [name, story] of Object.entries(stories))
  test(name, async () => void (await runHistory({ start: [], ...story }, depot)))
