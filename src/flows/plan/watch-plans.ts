import type { LiveObject } from '../../core/model/object.ts'
import { identityOf, type ObjectReference } from '../../core/model/reference.ts'
import { type LiveState, ownedState } from '../../core/plan/staleness.ts'
import type { Clock, RepositoryName, Store } from '../ports.ts'
import type { PlanRecord, RepositoryAddress } from '../records.ts'
import { type ObserveWorld, observeLive } from '../sync/observe-live.ts'

/** What watching needs of the world. */
type WatchWorld = ObserveWorld & {
  readonly store: Pick<Store, 'pullRequest' | 'latestPlan' | 'openPlans' | 'enqueue'>
  readonly clock: Clock
  /** The secret under which states are kept with plans. */
  readonly stateKey: string
}

/** In ms: changes that come together are one; the first of them waits for others no longer than the second number. */
const settleMs = 1_000
const longestSettleMs = 5_000
/** In ms: between two plans of one pull request for live changes; doubled while one follows the other. */
const gapMs = 30_000
const longestGapMs = 5 * 60_000
/** In ms: between two looks at which plans are shown. */
const refreshMs = 60_000

/** A live object that a plan counts on. `place`: its app and cluster. */
type Ground = LiveState & { readonly place: string; readonly identity: string }

/** A shown plan. */
type Follower = {
  readonly address: RepositoryAddress
  readonly number: number
  readonly planId: string
  readonly grounds: readonly Ground[]
  /** In ms: when the first change was seen for which no plan was asked yet. */
  since?: number | undefined
  cancel?: () => void
}

/** What is observed of one app on one cluster, for all plans that touch it. */
type Observation = {
  readonly wanted: string
  readonly abort: AbortController
  /** States by identity. */
  readonly seen: Map<string, string>
  readonly ended: Promise<void>
}

type Shown = { readonly record: PlanRecord; readonly address: RepositoryAddress }

/**
 * Watches the live objects that the shown plans of open pull requests touch, and has a plan made again when what it
 * counts on changed. One observation for each app and cluster serves all plans. No method throws: what fails is logged
 * and tried again. Several processes may watch the same plans; which plan is outdated goes with the job, so that the
 * second job finds nothing to do.
 */
export class PlanWatch {
  readonly #world: WatchWorld
  readonly #followers = new Map<string, Follower>()
  readonly #observations = new Map<string, Observation>()
  /** When a plan was asked for last, and how long to wait before the next; in ms. */
  readonly #paces = new Map<string, { readonly at: number; readonly gapMs: number }>()
  #stopped = false
  #cancelRefresh = () => {}

  constructor(world: WatchWorld) {
    this.#world = world
  }

  /** Follows all shown plans, now and again every minute: other processes make plans too. */
  async start(): Promise<void> {
    const { store, log, timers } = this.#world
    try {
      const open = new Map((await store.openPlans()).map((each) => [keyOf(each.repository, each.number), each]))
      for (const key of [...this.#followers.keys()]) if (!open.has(key)) this.#replace(key, undefined)
      for (const [key, { repository, number, planId }] of open) {
        if (this.#followers.get(key)?.planId !== planId) await this.follow(repository, number)
      }
    } catch (thrown) {
      log.warn('the plans to watch could not be read; trying again', { err: thrown })
    }
    if (!this.#stopped) this.#cancelRefresh = timers.after(refreshMs, () => void this.start())
  }

  /** Follows the plan that a pull request shows now, if any. */
  async follow(repository: RepositoryName, number: number): Promise<void> {
    try {
      this.#replace(keyOf(repository, number), await this.#shown(repository, number))
    } catch (thrown) {
      this.#world.log.warn('what a plan counts on is not watched yet', { number, err: thrown })
    }
  }

  /** Ends all of it. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelRefresh()
    for (const follower of this.#followers.values()) follower.cancel?.()
    const observations = [...this.#observations.values()]
    for (const { abort } of observations) abort.abort()
    await Promise.all(observations.map((each) => each.ended))
  }

  async #shown(repository: RepositoryName, number: number): Promise<Shown | undefined> {
    const state = await this.#world.store.pullRequest(repository, number)
    if (!state?.open || state.installationId === undefined) return undefined
    const record = await this.#world.store.latestPlan(repository, number)
    if (record?.state !== 'done' || record.head !== state.head) return undefined
    const { owner, name } = repository
    return { record, address: { owner, name, installationId: state.installationId } }
  }

  #replace(key: string, shown: Shown | undefined): void {
    const old = this.#followers.get(key)
    if (this.#stopped || (shown && old?.planId === shown.record.id)) return
    old?.cancel?.()
    this.#followers.delete(key)
    if (!shown) this.#paces.delete(key)
    const follower = shown && followerOf(shown)
    if (follower) this.#followers.set(key, follower)
    const grounds = [...(old?.grounds ?? []), ...(follower?.grounds ?? [])]
    for (const place of new Set(grounds.map((each) => each.place))) this.#observe(place)
    // It may have changed since the plan read it: other plans' observations know.
    if (follower) this.#schedule(key, follower)
  }

  /** Observes what the followers need at a place: anew when that is another set than before, not at all when it's none. */
  #observe(place: string): void {
    const grounds = [...this.#followers.values()].flatMap((each) => each.grounds.filter((one) => one.place === place))
    const references = new Map(grounds.map((each) => [each.identity, each.reference]))
    const foreign = grounds.some((each) => each.foreign)
    const wanted = JSON.stringify([foreign, [...references.keys()].sort()])
    const old = this.#observations.get(place)
    if (old?.wanted === wanted) return
    old?.abort.abort()
    this.#observations.delete(place)
    if (references.size === 0) return
    const [cluster = '', repository = '', app = ''] = JSON.parse(place) as readonly string[]
    const abort = new AbortController()
    const seen = new Map<string, string>()
    const tell = (reference: ObjectReference, live: LiveObject | undefined) => {
      const identity = identityOf(reference)
      const state = ownedState(live, this.#world.stateKey)
      if (seen.get(identity) === state) return
      seen.set(identity, state)
      for (const [key, follower] of this.#followers) this.#schedule(key, follower)
    }
    const target = { cluster, repository, app, references: [...references.values()], foreign }
    const ended = observeLive(this.#world, target, tell, abort.signal)
    this.#observations.set(place, { wanted, abort, seen, ended })
  }

  #isOutdated({ grounds }: Follower): boolean {
    return grounds.some(({ place, identity, state }) => {
      const seen = this.#observations.get(place)?.seen.get(identity)
      return seen !== undefined && seen !== state
    })
  }

  /** Looks at an outdated plan again when its changes have settled and its turn has come. */
  #schedule(key: string, follower: Follower): void {
    if (this.#stopped || this.#followers.get(key) !== follower || !this.#isOutdated(follower)) return
    const now = this.#now()
    follower.since ??= now
    follower.cancel?.()
    const settled = Math.min(settleMs, follower.since + longestSettleMs - now)
    const pace = this.#paces.get(key)
    const turn = pace ? pace.at + pace.gapMs - now : 0
    follower.cancel = this.#world.timers.after(Math.max(settled, turn, 0), () => void this.#ask(key, follower))
  }

  /** Has a plan made again; until it is there, asks once more after each gap. */
  async #ask(key: string, follower: Follower): Promise<void> {
    if (this.#stopped || this.#followers.get(key) !== follower) return
    follower.since = undefined
    // Somebody may have put it back.
    if (!this.#isOutdated(follower)) return
    const { address: repository, number, planId } = follower
    const at = this.#now()
    const last = this.#paces.get(key)
    const isSoon = last !== undefined && at - last.at < 2 * last.gapMs
    this.#paces.set(key, { at, gapMs: isSoon ? Math.min(last.gapMs * 2, longestGapMs) : gapMs })
    try {
      const shown = await this.#shown(repository, number)
      if (shown?.record.id !== planId) return this.#replace(key, shown)
      await this.#world.store.enqueue([{ kind: 'plan', repository, number, reason: 'live-changed', outdated: planId }])
    } catch (thrown) {
      this.#world.log.warn('a plan that no longer holds could not be queued; trying again', { number, err: thrown })
    }
    this.#schedule(key, follower)
  }

  #now(): number {
    return this.#world.clock.now().getTime()
  }
}

function followerOf({ record, address }: Shown): Follower {
  const { owner, name } = address
  const grounds = (record.live ?? []).map((each) => ({
    ...each,
    place: JSON.stringify([each.cluster, `${owner}/${name}`, each.app]),
    identity: identityOf(each.reference),
  }))
  return { address, number: record.number ?? 0, planId: record.id, grounds }
}

function keyOf({ owner, name }: RepositoryName, number: number): string {
  return `${owner}/${name}#${number}`
}
