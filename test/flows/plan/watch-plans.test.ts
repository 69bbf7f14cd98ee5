import { beforeEach, describe, expect, test } from 'vitest'
import { DrydockError } from '../../../src/core/model/errors.ts'
import type { LiveObject } from '../../../src/core/model/object.ts'
import { identityOf, type ObjectReference, referenceOf } from '../../../src/core/model/reference.ts'
import { type LiveState, ownedState } from '../../../src/core/plan/staleness.ts'
import { PlanWatch } from '../../../src/flows/plan/watch-plans.ts'
import type { Cluster } from '../../../src/flows/ports.ts'
import type { Job, PlanRecord, PullRequestState } from '../../../src/flows/records.ts'
import { configMap, liveOf, unlabelled } from '../../core/plan/facts.ts'

const shop = { owner: 'acme', name: 'shop', installationId: 7 }
const stateKey = 'key'

/** An object of ours as it is live, with what we own of it. */
function live(name: string, text: string, more: { readonly theirs?: string; readonly meta?: object } = {}): LiveObject {
  const { metadata, ...rest } = configMap({ text, ...(more.theirs ? { theirs: more.theirs } : {}) })
  const managedFields = [{ manager: 'drydock', operation: 'Apply', fieldsV1: { 'f:data': { 'f:text': {} } } }]
  return liveOf({ ...rest, metadata: { ...metadata, name } }, { managedFields, ...more.meta })
}

const stateOf = (object: LiveObject, more: Partial<LiveState> = {}): LiveState => ({
  cluster: 'default',
  app: 'web',
  reference: referenceOf(object),
  state: ownedState(object, stateKey),
  ...more,
})

/** One observation that a cluster was asked for. */
type Asked = {
  readonly names: readonly string[]
  readonly labelSelector: string | undefined
  readonly signal: AbortSignal
  readonly fail: (thrown: unknown) => void
}

/** Everything around the watch, with a clock that stands still until it is moved. */
function world() {
  let now = Date.parse('2025-05-01T10:00:00Z')
  const waiting = new Set<{ readonly at: number; readonly work: () => void }>()
  const objects = new Map<string, LiveObject>()
  const asked: Asked[] = []
  const told = new Map<Asked, (reference: ObjectReference, object: LiveObject | undefined) => void>()
  const pulls = new Map<number, PullRequestState>()
  const plans = new Map<number, PlanRecord>()
  const jobs: Job[] = []
  const logged: string[] = []
  const broken = { cluster: false, store: false }
  const log = (message: string) => void logged.push(message)
  const cluster: Partial<Cluster> = {
    kinds: async () => ({
      find: (apiVersion, kind) =>
        kind === 'Unserved'
          ? undefined
          : { apiVersion, kind, resource: 'x', namespaced: true, verbs: ['get', 'list', 'watch'] },
      all: [],
      unavailable: [],
    }),
    observe: (references, seen, { signal, labelSelector }) =>
      new Promise((done, fail) => {
        const names = references.map((each) => each.name).sort()
        const one: Asked = { names, labelSelector, signal, fail }
        asked.push(one)
        told.set(one, seen)
        signal.addEventListener('abort', () => done())
        for (const reference of references) seen(reference, objects.get(identityOf(reference)))
      }),
  }
  const watch = new PlanWatch({
    stateKey,
    clock: { now: () => new Date(now) },
    log: { debug: log, info: log, warn: log, error: log },
    clusters: {
      open: async () => {
        if (broken.cluster) throw new DrydockError('cluster-unreachable', 'down')
        return cluster as Cluster
      },
    },
    timers: {
      after: (ms, work) => {
        const one = { at: now + ms, work }
        waiting.add(one)
        return () => waiting.delete(one)
      },
    },
    store: {
      pullRequest: async (_repository, number) => pulls.get(number),
      latestPlan: async (_repository, number) => plans.get(number),
      openPlans: async () =>
        [...pulls.values()].flatMap(({ open, number }) => {
          const planId = plans.get(number)?.id
          return open && planId ? [{ repository: shop, number, planId }] : []
        }),
      enqueue: async (more) => {
        if (broken.store) throw new DrydockError('store-failed', 'down')
        jobs.push(...more)
      },
    },
  })
  const put = (number: number, id: string, states: readonly LiveState[]) => {
    const { owner, name } = shop
    pulls.set(number, { repository: { owner, name }, number, open: true, head: 'h', installationId: 7 })
    const record = { id, repository: { owner, name }, number, head: 'h', base: 'b', state: 'done' as const }
    plans.set(number, { ...record, createdAt: new Date(now).toISOString(), live: states })
  }
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  }
  return {
    watch,
    asked,
    jobs,
    logged,
    broken,
    pulls,
    settle,
    observed: () => asked.filter((each) => !each.signal.aborted),
    store: put,
    /** A plan of a pull request that is shown from now on, followed. */
    show: async (number: number, id: string, states: readonly LiveState[]) => {
      put(number, id, states)
      await watch.follow(shop, number)
      await settle()
    },
    /** Changes what is live. */
    change: async (object: LiveObject, how: 'now' | 'gone' = 'now') => {
      const to = how === 'now' ? object : undefined
      const reference = referenceOf(object)
      if (to) objects.set(identityOf(reference), to)
      else objects.delete(identityOf(reference))
      for (const one of asked) {
        if (!one.signal.aborted && one.names.includes(reference.name)) told.get(one)?.(reference, to)
      }
      await settle()
    },
    pass: async (ms: number) => {
      const end = now + ms
      for (;;) {
        const next = [...waiting].filter((each) => each.at <= end).sort((one, other) => one.at - other.at)[0]
        if (!next) break
        waiting.delete(next)
        now = Math.max(now, next.at)
        next.work()
        await settle()
      }
      now = end
    },
  }
}

const again = (number: number, outdated: string): Job => {
  return { kind: 'plan', repository: shop, number, reason: 'live-changed', outdated }
}

let it: ReturnType<typeof world>
beforeEach(() => {
  it = world()
})

describe('a shown plan', () => {
  test('is made again once when an owned value that it read changes', async () => {
    await it.change(live('one', 'a'))
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    await it.pass(10_000)
    expect(it.jobs).toEqual([])
    await it.change(live('one', 'b'))
    await it.pass(999)
    expect(it.jobs).toEqual([])
    await it.pass(1)
    expect(it.jobs).toEqual([again(1, 'p1')])
  })

  test('stays when others change what is theirs, or the status', async () => {
    await it.change(live('one', 'a'))
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    await it.change(live('one', 'a', { theirs: 'x', meta: { resourceVersion: '8' } }))
    await it.change({ ...live('one', 'a'), status: { phase: 'Failed' } })
    await it.pass(3_600_000)
    expect(it.jobs).toEqual([])
  })

  test.each<[string, LiveObject, 'now' | 'gone']>([
    ['is deleted', live('one', 'a'), 'gone'],
    ['is created again', live('one', 'a', { meta: { uid: 'uid-2' } }), 'now'],
  ])('is made again when an object %s', async (_name, object, how) => {
    await it.change(live('one', 'a'))
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    await it.change(object, how)
    await it.pass(1_000)
    expect(it.jobs).toEqual([again(1, 'p1')])
  })

  test('is made again when an object that it creates is there', async () => {
    await it.show(1, 'p1', [stateOf(live('one', 'a'), { state: ownedState(undefined, stateKey) })])
    await it.change(live('one', 'a'))
    await it.pass(1_000)
    expect(it.jobs).toEqual([again(1, 'p1')])
  })

  test('is made again for what changed before it was followed, as after a restart', async () => {
    await it.change(live('one', 'changed while nobody looked'))
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    await it.pass(1_000)
    expect(it.jobs).toEqual([again(1, 'p1')])
  })

  test('is made once for a burst, and for one that does not end after 5 seconds', async () => {
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    const jobs: number[] = []
    for (let turn = 0; turn < 14; turn += 1) {
      await it.change(live('one', `b${turn}`))
      await it.pass(500)
      jobs.push(it.jobs.length)
    }
    expect(jobs.indexOf(1)).toBe(9)
    expect(it.jobs).toEqual([again(1, 'p1')])
  })

  test('is left alone when the change is taken back at once', async () => {
    await it.change(live('one', 'a'))
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    await it.change(live('one', 'b'))
    await it.change(live('one', 'a'))
    await it.pass(60_000)
    expect(it.jobs).toEqual([])
  })

  test('is made again every 30 seconds at most, and less often when that goes on', async () => {
    const times: number[] = []
    let seconds = 0
    let text = 0
    const plan = () => it.show(1, `p${it.jobs.length}`, [stateOf(live('one', `${text}`))])
    await it.change(live('one', '0'))
    await plan()
    for (; seconds < 400; seconds += 1) {
      text += 1
      await it.change(live('one', `${text}`))
      const before = it.jobs.length
      await it.pass(1_000)
      if (it.jobs.length > before) {
        times.push(seconds)
        await plan()
      }
    }
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(gaps.slice(0, 3)).toEqual([30, 60, 120])
  })

  test('that can not be queued is queued later', async () => {
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    it.broken.store = true
    await it.change(live('one', 'b'))
    await it.pass(1_000)
    it.broken.store = false
    await it.pass(30_000)
    expect(it.jobs).toEqual([again(1, 'p1')])
  })
})

describe('what is followed', () => {
  test('is the newest plan: the objects of the older one are no longer of account', async () => {
    await it.change(live('one', 'a'))
    await it.change(live('two', 'a'))
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    await it.show(1, 'p2', [stateOf(live('two', 'a'))])
    expect(it.observed().map((each) => each.names)).toEqual([['two']])
    await it.change(live('one', 'b'))
    await it.pass(1_000)
    expect(it.jobs).toEqual([])
  })

  test('ends with the pull request', async () => {
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    it.pulls.set(1, { ...(it.pulls.get(1) as PullRequestState), open: false })
    await it.watch.follow(shop, 1)
    expect(it.observed()).toEqual([])
  })

  test('ends within a minute when another process closed the pull request', async () => {
    await it.change(live('one', 'a'))
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    await it.watch.start()
    it.pulls.set(1, { ...(it.pulls.get(1) as PullRequestState), open: false })
    await it.pass(60_000)
    expect(it.observed()).toEqual([])
  })

  test('of one app is observed once for all pull requests; each is planned again for what it touches', async () => {
    for (const name of ['one', 'two']) await it.change(live(name, 'a'))
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    await it.show(2, 'p2', [stateOf(live('one', 'a')), stateOf(live('two', 'a'))])
    expect(it.observed().map((each) => each.names)).toEqual([['one', 'two']])
    await it.change(live('two', 'b'))
    await it.pass(1_000)
    expect(it.jobs).toEqual([again(2, 'p2')])
    await it.change(live('one', 'b'))
    await it.pass(1_000)
    expect(it.jobs).toEqual([again(2, 'p2'), again(1, 'p1')])
  })

  test('is compared at once with what is seen already for another pull request', async () => {
    await it.change(live('one', 'b'))
    await it.show(1, 'p1', [stateOf(live('one', 'b'))])
    await it.show(2, 'p2', [stateOf(live('one', 'a'))])
    await it.pass(1_000)
    expect(it.asked).toHaveLength(1)
    expect(it.jobs).toEqual([again(2, 'p2')])
  })

  test('is listed by the label of the app, unless an object does not carry it', async () => {
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    expect(it.observed()[0]?.labelSelector).toMatch(/^applyset\.kubernetes\.io\/part-of=applyset-/)
    await it.show(2, 'p2', [stateOf(live('two', 'a', { meta: unlabelled }), { foreign: true })])
    expect(it.observed().map((each) => each.labelSelector)).toEqual([undefined])
  })

  test('is what the store knows, from the start', async () => {
    it.store(1, 'p1', [stateOf(live('one', 'a'))])
    await it.watch.start()
    await it.settle()
    expect(it.observed().map((each) => each.names)).toEqual([['one']])
    await it.watch.stop()
    expect(it.observed()).toEqual([])
  })

  test('of kinds that the cluster does not serve yet is not observed, nor asked for again and again', async () => {
    const unserved = { ...live('one', 'a'), kind: 'Unserved' }
    await it.show(1, 'p1', [stateOf(unserved)])
    await it.pass(3_600_000)
    expect([it.asked, it.logged]).toEqual([[], []])
  })
})

describe('a cluster that is down', () => {
  test('is asked again with growing pauses, and what changed meanwhile counts', async () => {
    it.broken.cluster = true
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    await it.pass(1_000 + 2_000 + 4_000)
    expect(it.logged).toHaveLength(4)
    await it.change(live('one', 'b'))
    it.broken.cluster = false
    await it.pass(8_000 + 1_000)
    expect(it.jobs).toEqual([again(1, 'p1')])
  })

  test('while it is watched is said once, and watched again', async () => {
    await it.change(live('one', 'a'))
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    it.asked[0]?.fail(new DrydockError('cluster-unreachable', 'gone'))
    await it.settle()
    expect(it.logged).toHaveLength(1)
    await it.pass(1_000)
    expect(it.asked).toHaveLength(2)
    expect(it.jobs).toEqual([])
  })

  test('does not keep the watch from ending', async () => {
    it.broken.cluster = true
    await it.show(1, 'p1', [stateOf(live('one', 'a'))])
    await it.watch.stop()
    it.broken.cluster = false
    await it.pass(120_000)
    expect(it.asked).toEqual([])
  })
})
