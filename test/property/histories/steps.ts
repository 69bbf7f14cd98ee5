import { applySetId, parentName, partOfLabel } from '../../../src/core/model/inventory.ts'
import type { JsonObject } from '../../../src/core/model/object.ts'
import type { AppPlan } from '../../../src/core/model/plan.ts'
import { riskKey } from '../../../src/core/policy/authorise.ts'
import { type AppRequest, planOneApp } from '../../../src/flows/plan/plan-app.ts'
import type { SyncRecord } from '../../../src/flows/records.ts'
import { readConfig } from '../../../src/flows/render/read-config.ts'
import { syncApp } from '../../../src/flows/sync/sync-app.ts'
import { startApi } from './api-server.ts'
import type { Command, Disturbance, Edit, Landing, Meanwhile } from './commands.ts'
import { edited } from './edit.ts'
import { freeze, lock, thaw, unlock } from './holds.ts'
import { beginLife } from './life.ts'
import { comment } from './orders.ts'
import { identityOfSlot, manifestOf, notes, slotOf, slots } from './pool.ts'
import type { Run } from './run-history.ts'
import type { ModelApp } from './tree.ts'

/** What comes to the branch. */
type Landed = (Edit & Landing) | Extract<Command, { do: 'merge-revert' }>

/** Does one step of a history. */
export async function takeStep(run: Run, command: Command): Promise<void> {
  switch (command.do) {
    case 'sync':
      run.hook()
      return disturbed(run, command, () => run.work({ wide: command.wide }))
    case 'fail':
      run.fault = { how: command.how, skip: command.skip, count: command.count }
      return
    case 'foreign':
      return interfere(run, command)
    case 'cli':
      return void (await runCli(run, appOf(run, command.app), command.accept))
    case 'lose-store':
      await run.depot.lose(run.address)
      run.records.forget()
      run.queue.length = 0
      run.unanswered = run.asked.length
      run.pins.lost('store')
      run.frozen = false
      run.disagreeing.clear()
      forgetLocks(run, 'store')
      run.life.kill()
      run.life = beginLife(run.around)
      return
    case 'lose-parent':
      return loseParent(run, appOf(run, command.app))
    case 'swap-cluster':
      await forgetCluster(run, [...run.names])
      run.api = startApi()
      run.pins.lost('parent')
      run.holdings.clear()
      run.disturbed.clear()
      forgetLocks(run, 'parent')
      return
    case 'approve':
      return approve(run, appOf(run, command.app))
    case 'retry':
      return retry(run, appOf(run, command.app))
    case 'lock':
      return lock(run, appOf(run, command.app), command.side)
    case 'unlock':
      return unlock(run, appOf(run, command.app))
    case 'order': {
      const job = comment(run, command.order)
      if (!job) return
      run.queue.push(job)
      return disturbed(run, command, () => run.work(command.later ? { only: 'command' } : {}))
    }
    case 'freeze':
      return freeze(run)
    case 'thaw':
      return thaw(run)
    default:
      return land(run, command)
  }
}

/** The app of a number, at the branch's head. */
function appOf(run: Run, index: number): ModelApp | undefined {
  const { apps } = run.git.head().tree
  return apps[index % Math.max(1, apps.length)]
}

/** Something comes to the branch while a sync runs. */
function interrupt(run: Run, meanwhile: Meanwhile): void {
  run.life.before(meanwhile.at, async () => {
    if ('order' in meanwhile) {
      const job = comment(run, meanwhile.order)
      if (job) await run.doMeanwhile(job)
      return
    }
    const { edit } = meanwhile
    const before = run.git.head()
    if (!change(run, edit, undefined)) return
    run.log.push(`    meanwhile: ${edit.do}, the branch is at ${run.git.head().id.slice(0, 7)}`)
    await run.doMeanwhile({ kind: 'push', repository: run.address, branch: 'main', before: before.id, pusher: 'carol' })
  })
}

async function land(run: Run, command: Landed): Promise<void> {
  const before = run.git.head()
  const isMerge = command.via === 'merge' && !['force-back', 'merge-revert'].includes(command.do)
  const number = isMerge ? run.nextNumber() : undefined
  if (!change(run, command, number)) return
  run.log.push(`  ${command.do}: the branch is at ${run.git.head().id.slice(0, 7)}`)
  if (command.next === 'nothing') return
  run.hook(before.id)
  const work = () => run.work(command.next === 'hook' ? { only: 'push' } : { wide: command.via === 'merge' })
  await disturbed(run, command, work)
}

async function disturbed(run: Run, { end, meanwhile }: Disturbance, work: () => Promise<void>): Promise<void> {
  if (end) run.life.endAt(end)
  if (meanwhile) interrupt(run, meanwhile)
  await work()
  run.life.goOn()
}

/** Changes the branch; `false`: there was nothing to change. */
function change(run: Run, command: Edit | Landed, number: number | undefined): boolean {
  const before = run.git.head()
  if (command.do === 'merge-revert') return mergeRevert(run, command.which)
  if (command.do === 'force-back' || command.do === 'revert') {
    const line = run.git.line(before.id)
    const target = line[Math.min(command.by, line.length - 1)] ?? before
    if (target === before) return false
    if (command.do === 'force-back') run.git.reset(target.id)
    else run.git.commit(target.tree, number)
  } else {
    const tree = edited(before.tree, command)
    if (JSON.stringify(tree) === JSON.stringify(before.tree)) return false
    run.git.commit(tree, number)
  }
  const head = run.git.head()
  for (const app of head.tree.apps) run.names.add(app.name)
  return true
}

/** Merges one of the pull requests that Drydock opened, the newest being 0; `false`: none is there, or it is in conflict. */
function mergeRevert(run: Run, which: number): boolean {
  const merges = run.git.merges()
  const open = run.opened.filter((each) => !merges.has(each.number)).toReversed()
  const pull = open[which % Math.max(1, open.length)]
  const tree = pull?.onto(run.git.head().tree)
  if (!pull || !tree || JSON.stringify(tree) === JSON.stringify(run.git.head().tree)) return false
  run.git.commit(tree, pull.number)
  for (const app of tree.apps) run.names.add(app.name)
  run.log.push(`  #${pull.number} (${pull.marker}) is merged`)
  return true
}

/** Somebody else's client. */
function clientOf(run: Run) {
  const connection = run.api.connect(() => undefined)
  return (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: JsonObject) =>
    connection.send({
      method,
      path,
      query: { fieldManager: 'kubectl-edit' },
      ...(body ? { body } : {}),
      ...(method === 'PATCH' ? { contentType: 'application/merge-patch+json' } : {}),
    })
}

const marks = {
  'create-for-argo': { labels: { 'argocd.argoproj.io/instance': 'other' } },
  'create-for-flux': { labels: { 'kustomize.toolkit.fluxcd.io/name': 'other' } },
  'create-for-helm': { annotations: { 'meta.helm.sh/release-name': 'other' } },
  'create-for-another-set': { labels: { [partOfLabel]: 'applyset-other-v1' } },
} as const satisfies Record<string, JsonObject>

async function interfere(run: Run, command: Extract<Command, { do: 'foreign' }>): Promise<void> {
  const slot = command.slot % slots.length
  const identity = identityOfSlot(slot)
  const { namespace, kind } = slotOf({ slot })
  const live = (await run.api.all()).get(identity)
  // A namespace takes what is in it along, and comes back empty: that is another story.
  if (kind === 'Namespace') return
  const send = clientOf(run)
  const manifest = manifestOf({ slot, value: 7, note: 'none' })
  const collection = collectionOf(slot)
  const path = `${collection}/${manifest.metadata.name}`
  const make = async (metadata: JsonObject) => {
    const labels = { ...manifest.metadata.labels, ...(metadata.labels as JsonObject | undefined) }
    await send('POST', collection, {
      ...manifest,
      metadata: { ...manifest.metadata, ...metadata, labels },
    } as JsonObject)
  }
  const label = ourLabel(run, command.app)
  run.log.push(`  somebody: ${command.what} ${identity} in ${namespace}`)
  if (command.what.startsWith('create')) {
    if (live) return
    const mark = (marks as Record<string, JsonObject>)[command.what]
    await make(mark ?? (command.what === 'create' ? {} : { labels: label }))
  } else if (command.what === 'recreate') {
    await send('DELETE', path)
    await make({ labels: label })
  } else if (!live) {
    return
  } else if (command.what === 'delete') {
    await send('DELETE', path)
  } else {
    await send('PATCH', path, patches(command.what))
  }
  run.disturbed.add(identity)
}

function patches(what: string): JsonObject {
  if (what === 'take-for-argo') return { metadata: { labels: { 'argocd.argoproj.io/instance': 'other' } } }
  if (what === 'strip-label') return { metadata: { labels: { [partOfLabel]: null } } }
  if (what === 'protect') return { metadata: { annotations: { ...notes['argo-no-prune'] } } }
  return { metadata: { labels: { value: 'edited' } } }
}

function ourLabel(run: Run, app: number): JsonObject {
  const name = appOf(run, app)?.name ?? 'alpha'
  return { [partOfLabel]: applySetId(run.known.repository, name) }
}

function collectionOf(slot: number): string {
  const { apiVersion, kind, namespace } = slotOf({ slot })
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return `${root}${namespace ? `/namespaces/${namespace}` : ''}/${kind.toLowerCase()}s`
}

async function loseParent(run: Run, app: ModelApp | undefined): Promise<void> {
  if (!app) return
  await forgetCluster(run, [app.name])
  const name = parentName(run.known.repository, app.name)
  await clientOf(run)('DELETE', `/api/v1/namespaces/drydock/configmaps/${name}`)
  run.holdings.delete(app.name)
  run.pins.lost('parent', app.name)
  forgetLocks(run, 'parent', app.name)
}

/** The cluster will know nothing of these apps; of those that the store knows, nothing may be synced then. */
async function forgetCluster(run: Run, apps: readonly string[]): Promise<void> {
  const { owner, name } = run.address
  for (const app of apps) {
    const state = await run.depot.store.appState({ repository: { owner, name }, app, cluster: 'default' })
    if (state?.revision) run.disagreeing.add(app)
  }
}

/** The side that was told of a lock is lost; whether the other one has heard of it, this model does not know. */
function forgetLocks(run: Run, lost: 'store' | 'parent', app?: string): void {
  for (const [name, side] of run.locks) {
    if (side === lost && (app === undefined || app === name)) run.locks.set(name, 'perhaps')
  }
}

/** What `npx drydock sync` does: an app at the branch's head, without a database. */
export async function runCli(run: Run, app: ModelApp | undefined, accept: boolean) {
  if (!app) return undefined
  const { id } = run.git.head()
  const key = `${app.name} ${id}`
  const wasAccepted = run.accepted.has(key)
  if (accept) run.accepted.add(key)
  const request = await requestOf(run, app.name, id)
  if (!request) return undefined
  const errand = run.errandOf(`cli ${id}`, app.name, id)
  const outcome = await run.onErrand(errand, () =>
    syncApp(run.life.world, request, {
      revision: id,
      reviewed: { accepted: accept ? 'all' : new Set<string>(), by: 'the CLI' },
      progress: () => undefined,
      signal: run.life.signal,
    }),
  )
  if (!wasAccepted) run.accepted.delete(key)
  if (outcome.state === 'succeeded') run.disagreeing.delete(app.name)
  run.log.push(
    `  the CLI syncs ${app.name}: ${outcome.state} ${outcome.problems.map((each) => each.message).join(' ')}`,
  )
  return outcome
}

async function requestOf(run: Run, name: string, revision: string) {
  const { repository } = run.git
  const config = await readConfig(repository, revision).catch(() => undefined)
  const app = config?.apps.find((each) => each.name === name)
  const head = { head: revision, base: 'synced', oldLeftovers: 'change' } as const
  return app && { repository, repositoryName: run.known.repository, app, ...head }
}

/** Somebody accepts every risk of the newest sync of an app, which goes on then. */
export async function approve(run: Run, app: ModelApp | undefined): Promise<void> {
  const record = app && run.records.latest(app.name)
  if (!app || record?.number === undefined || record.outcome.state !== 'held') return
  const request = await requestOf(run, app.name, record.revision)
  if (!request) return
  const plan = await waitingPlan(run, record, request)
  if (!plan) return
  const at = new Date().toISOString()
  const approvals = [...plan.changes, ...(plan.undone ?? [])].flatMap((change) =>
    change.risks.map((risk) => {
      const { owner, name } = run.address
      const repository = { owner, name }
      return { repository, number: record.number ?? 0, key: riskKey(plan, change, risk), by: 'dora', at }
    }),
  )
  await run.depot.store.saveApprovals(approvals)
  run.accepted.add(`${app.name} ${record.revision}`)
  await retry(run, app)
}

/** What a rollback would do stands in its history; all else is planned again. */
async function waitingPlan(run: Run, record: SyncRecord, request: AppRequest): Promise<AppPlan | undefined> {
  if (record.rollback) return (await run.depot.store.historyOf(record.id))?.plan
  return planOneApp(run.life.world, request).then(
    ({ plan }) => plan,
    () => undefined,
  )
}

/** A held or failed sync is queued again, as `/sync` does. */
export async function retry(run: Run, app: ModelApp | undefined): Promise<void> {
  const record = app && run.records.latest(app.name)
  if (!record || !['held', 'failed'].includes(record.outcome.state)) return
  const queued = await run.records.store.requeueSync(record.id)
  run.queue.push(...run.depot.taken())
  if (queued) await run.work()
}
