import { judgeUnlock } from '../core/commands/who-may.ts'
import { answerLines, problemText } from '../core/report/answers.ts'
import { code } from '../core/report/escape.ts'
import { type HoldMarks, type MarkedApp, readMarks, writeMarks } from './marks.ts'
import { type AppPlace, auditOrder, bareName, meantApps, type Order } from './order.ts'
import type { RepositoryName } from './ports.ts'
import type { SyncRecord } from './records.ts'
import { releaseHeld } from './release-held.ts'
import type { ServerWorld } from './server-world.ts'

/** Lets go of apps that are locked or pinned; what they held is synced then. All of them or none, as far as it is allowed. */
export async function unlockApps(order: Order, words: readonly string[]): Promise<string> {
  const { world, job } = order
  const places = await meantApps(order, words)
  if (typeof places === 'string') return places
  const repository = bareName(job.repository)
  await order.say(`⏳ Unlocking ${places.map(({ app }) => code(app, 100)).join(', ')}.`)
  const waiting = (await world.store.heldSyncs()).filter((each) => isAmong(repository, places, each))
  const apps = await Promise.all(withFormer(places, waiting).map((place) => readMarked(world, repository, place)))
  const refused = apps.flatMap((app) => refusalOf(order, app))
  if (refused.length > 0) return answerLines([...refused, 'Nothing was unlocked.'])
  const lines: string[] = []
  // Without a name, only those that are held are spoken of.
  const asked = words.length > 0
  const held = apps.filter(
    (app) => isHeld(app) || (asked && !apps.some((each) => each.now === app.app && isHeld(each))),
  )
  for (const app of held.filter((each) => each.now === undefined || isHeld(each)))
    lines.push(await unlockOne(order, app))
  if (lines.length === 0) return 'No app of this pull request is locked or pinned.'
  await releaseHeld(world)
  const goesOn = waiting.some(({ app }) => held.some((each) => (each.now ?? each.app) === app))
  return answerLines([...lines, ...(goesOn ? ['What this held goes on now.'] : [])])
}

/** Is this sync held by a lock or pin of one of these apps? */
function isAmong(
  { owner, name }: RepositoryName,
  places: readonly AppPlace[],
  { repository, app, cluster, outcome }: SyncRecord,
): boolean {
  return (
    ['lock', 'pin'].includes(outcome.heldBy?.kind ?? '') &&
    `${repository.owner}/${repository.name}`.toLowerCase() === `${owner}/${name}`.toLowerCase() &&
    places.some((place) => place.app === app && place.cluster === cluster)
  )
}

/** An app by the name that it has, or that it had: `now` is the one that it has. */
type NamedPlace = AppPlace & { readonly now?: string }

/** A renamed app that was not synced yet is held by what is marked under the name that it had. */
function withFormer(places: readonly AppPlace[], waiting: readonly SyncRecord[]): readonly NamedPlace[] {
  const former = waiting.flatMap(({ app: now, cluster, outcome }) =>
    outcome.heldBy?.app === undefined ? [] : [{ app: outcome.heldBy.app, cluster, now }],
  )
  return [...places, ...former]
}

async function readMarked(
  world: ServerWorld,
  repository: RepositoryName,
  { now, ...place }: NamedPlace,
): Promise<MarkedApp & { readonly now?: string }> {
  return { ...(await readMarks(world, repository, place)), ...(now === undefined ? {} : { now }) }
}

function isHeld(app: MarkedApp): boolean {
  return marksOf(app).length > 0 || 'problem' in app.live
}

/** One mark, as somebody made it. */
type Mark = { readonly kind: 'lock' | 'pin'; readonly by: string; readonly at: string }

/** What holds an app on either side; what both have is one mark. */
function marksOf({ state, live }: Pick<MarkedApp, 'state' | 'live'>): readonly Mark[] {
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

/** What is left without these: somebody may have marked the app anew since they were read. */
function without(marks: HoldMarks, gone: readonly Mark[]): HoldMarks {
  const stays = (kind: Mark['kind']) => {
    const mark = marks[kind]
    return mark && !gone.some((each) => isSame(each, { kind, by: mark.by, at: mark.at }))
  }
  const { lock, pin } = marks
  return { ...(lock && stays('lock') ? { lock } : {}), ...(pin && stays('pin') ? { pin } : {}) }
}

function refusalOf({ who, person }: Order, app: MarkedApp): readonly string[] {
  for (const { by } of marksOf(app)) {
    const verdict = judgeUnlock(who, person, { app: app.app, by })
    if ('refused' in verdict) return [verdict.refused]
  }
  return []
}

async function unlockOne(order: Order, app: MarkedApp & { readonly now?: string }): Promise<string> {
  const { world, job, pull, who, person } = order
  const marks = marksOf(app)
  const name = `${code(app.app, 100)}${app.now === undefined ? '' : ` (the name that ${code(app.now, 100)} had)`}`
  const unknown = 'problem' in app.live ? ` Its cluster could not be asked: ${problemText(app.live.problem)}` : ''
  if (marks.length === 0) return `${name} is neither locked nor pinned.${unknown}`
  const missing = await writeMarks(world, bareName(job.repository), app, (now) => without(now, marks))
  const [first] = marks
  const verdict = first ? judgeUnlock(who, person, { app: app.app, by: first.by }) : undefined
  await auditOrder(order, {
    action: 'unlock',
    app: app.app,
    cluster: app.cluster,
    revision: app.state?.revision ?? pull.head,
    result: `${marks.map(({ kind, by }) => `${kind} of ${by} removed`).join(', ')}${missing ? '; not on the cluster' : ''}`,
    ...(verdict && 'allowedBy' in verdict ? { allowedBy: verdict.allowedBy } : {}),
  })
  const what = [
    ...(marks.some(({ kind }) => kind === 'lock') ? ['is unlocked'] : []),
    ...(marks.some(({ kind }) => kind === 'pin') ? ['is no longer pinned to an older revision'] : []),
  ]
  if (!missing) return `${name} ${what.join(' and ')}.`
  return `${name} ${what.join(' and ')} on this server, but its cluster still says that it is held, and that counts until \`/unlock\` reaches it. ${problemText(missing)}`
}

/**
 * Ends the locks that go with a pull request, when it is closed or merged. What can't be reached is logged, and stays
 * locked until somebody says `/unlock`.
 */
export async function endLocks(world: ServerWorld, where: RepositoryName, number: number): Promise<void> {
  const repository = bareName(where)
  for (const state of await world.store.appStates(repository)) {
    const { lock } = state
    if (!lock || lock.number !== number || lock.keep) continue
    const app = await readMarks(world, repository, { app: state.app, cluster: state.cluster })
    const missing = await writeMarks(world, repository, app, ({ lock: now, ...others }) =>
      now && (now.number !== number || now.keep) ? { ...others, lock: now } : others,
    )
    if (missing)
      world.log.warn('a lock could not be taken off its cluster', { app: state.app, problem: missing.message })
    await world.store.audit({
      at: world.clock.now().toISOString(),
      actor: 'drydock',
      action: 'unlock',
      repository: `${repository.owner}/${repository.name}`,
      app: state.app,
      cluster: state.cluster,
      revision: state.revision ?? '',
      number,
      result: `lock of ${lock.by} removed${missing ? '; not on the cluster' : ''}`,
      allowedBy: `#${number} is closed`,
    })
  }
}
