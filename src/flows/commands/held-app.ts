import type { Lock } from '../../core/model/inventory.ts'
import { sameRepository } from '../../core/model/repository.ts'
import { letsGo, placeIn, type Turn } from '../../core/sync/lock-queue.ts'
import { type HoldMarks, type MarkedApp, readMarks } from '../holds/marks.ts'
import type { RepositoryName } from '../ports.ts'
import type { SyncRecord } from '../records.ts'
import type { ServerWorld } from '../server-world.ts'
import type { AppPlace } from './order.ts'

/** Is this sync held by a lock or pin of one of these apps? */
export function isAmong(
  where: RepositoryName,
  places: readonly AppPlace[],
  { repository, app, cluster, outcome }: SyncRecord,
): boolean {
  return (
    ['lock', 'pin'].includes(outcome.heldBy?.kind ?? '') &&
    sameRepository(repository, where) &&
    places.some((place) => place.app === app && place.cluster === cluster)
  )
}

/** An app by the name that it has, or that it had: `now` is the one that it has. */
type NamedPlace = AppPlace & { readonly now?: string }
/** The same, with what holds it. */
export type NamedApp = MarkedApp & NamedPlace

/** The name by which the configuration knows an app. */
export function nameNow({ app, now = app }: NamedPlace): string {
  return now
}

/** A renamed app that was not synced yet is held by what is marked under the name that it had. */
export function withFormer(places: readonly AppPlace[], waiting: readonly SyncRecord[]): readonly NamedPlace[] {
  const former = waiting.flatMap(({ app: now, cluster, outcome }) =>
    outcome.heldBy?.app === undefined ? [] : [{ app: outcome.heldBy.app, cluster, now }],
  )
  return [...places, ...former]
}

/** Reads what holds it: see {@link readMarks}. */
export async function readMarked(
  world: ServerWorld,
  repository: RepositoryName,
  { now, ...place }: NamedPlace,
): Promise<NamedApp> {
  return { ...(await readMarks(world, repository, place)), ...(now === undefined ? {} : { now }) }
}

/** Does anything hold the app, as far as is known? */
export function isHeld(app: MarkedApp): boolean {
  return marksOf(app).length > 0 || 'problem' in app.live
}

/** One mark, as somebody made it. */
type Mark = { readonly kind: 'lock' | 'pin'; readonly by: string; readonly at: string }

/** What holds an app on either side; what both have is one mark. */
export function marksOf({ state, live }: Pick<MarkedApp, 'state' | 'live'>): readonly Mark[] {
  const all = [state, 'marks' in live ? live.marks : undefined].flatMap((side) =>
    (['lock', 'pin'] as const).flatMap((kind) => {
      const mark = side?.[kind]
      return mark ? [{ kind, by: mark.by, at: mark.at }] : []
    }),
  )
  return all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index)
}

function isSame(one: Mark, other: Mark): boolean {
  return one.kind === other.kind && one.by === other.by && one.at === other.at
}

/** What is left without these: somebody may have marked the app anew since they were read. A lock passes on. */
export function without({ lock, pin }: HoldMarks, gone: readonly Mark[], turn: Turn): HoldMarks {
  const locks = gone.filter(({ kind }) => kind === 'lock')
  const next = letsGo(lock, locks, turn)
  const pinStays = pin && !gone.some((each) => isSame(each, { kind: 'pin', by: pin.by, at: pin.at }))
  return { ...(next ? { lock: next } : {}), ...(pinStays ? { pin } : {}) }
}

/** The lock that counts: the cluster's only where the store has none. */
export function lockOf({ state, live }: MarkedApp): Lock | undefined {
  return state?.lock ?? ('marks' in live ? live.marks.lock : undefined)
}

/** Did the cluster miss that this lock passed on? Its owner has let go of it already. */
export function hasPassedOn(app: MarkedApp, mark: Mark): boolean {
  const there = 'marks' in app.live ? app.live.marks.lock : undefined
  const owner = app.state?.lock?.by
  return mark.kind === 'lock' && mark.by === there?.by && owner !== undefined && placeIn(there, owner) !== undefined
}
