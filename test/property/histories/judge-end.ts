import { applySetId, homeNamespace, parentName, partOfLabel } from '../../../src/core/model/inventory.ts'
import type { LiveObject } from '../../../src/core/model/object.ts'
import { releaseAll } from './holds.ts'
import { judgeOrders } from './judge-back.ts'
import { protectionOf, strangerOf } from './judge-request.ts'
import { judgeSynced } from './judge-state.ts'
import { slots } from './pool.ts'
import type { Run } from './run-history.ts'
import { approve, retry, runCli } from './steps.ts'
import { contentOf, isComplete, type ModelApp, type Tree } from './tree.ts'

/** Of the pull request that ends a history. */
const lastNumber = 1_000_000

/**
 * Nothing fails any more and people do what they are asked to: the branch moves once more, so that every app is synced,
 * and all of it is looked at.
 */
export async function judgeEnd(run: Run): Promise<void> {
  run.log.push('the end')
  run.fault = undefined
  await run.work()
  run.wrong.push(...judgeOrders(run))
  await releaseAll(run)
  const before = run.git.head()
  const tree: Tree = { ...before.tree, brokenConfig: false, apps: before.tree.apps.map(touched) }
  const head = run.git.commit(tree, lastNumber)
  run.hook(before.id)
  await run.work()
  for (const app of tree.apps) await settle(run, app)
  for (const app of tree.apps) {
    const record = run.records.latest(app.name)
    const state = record?.outcome.state
    // What renders nothing may not even be affected by the last commit.
    if (record?.revision !== head.id && !isComplete(app)) continue
    if (record?.revision !== head.id) run.wrong.push(`${app.name} was not synced to the newest commit`)
    const expected = await expectedState(run, app)
    if (state === undefined || !expected.includes(state)) {
      const why = record?.outcome.problems.map((each) => each.message).join(' ')
      run.wrong.push(`${app.name} is ${state} (${why}), not ${expected.join(' or ')}`)
    }
    if (state === 'succeeded') run.wrong.push(...(await judgeSynced(run, app)))
  }
  run.wrong.push(...judgeOrders(run))
  judgeRecords(run)
  if (run.wrong.length === 0) await judgeAgain(run, tree)
}

/** People do what a held sync asks them to. */
async function settle(run: Run, app: ModelApp): Promise<void> {
  for (let asked = 0; asked < 3; asked += 1) {
    const { heldBy } = run.records.latest(app.name)?.outcome ?? {}
    if (!heldBy) return
    run.log.push(`  ${app.name} is held by ${heldBy.kind}`)
    if (heldBy.kind === 'disagreement') {
      await runCli(run, app, true)
      await retry(run, app)
    } else if (heldBy.kind === 'pin') {
      // A rollback that waited went on and pinned it.
      await releaseAll(run)
    } else {
      await approve(run, app)
    }
  }
}

/** The same app with something new in it, so that it is synced again. */
function touched(app: ModelApp): ModelApp {
  const [first, ...rest] = app.entries
  return first ? { ...app, entries: [{ ...first, value: first.value + 100 }, ...rest] } : app
}

async function expectedState(run: Run, app: ModelApp): Promise<readonly string[]> {
  // A sync of what can't be rendered ends no disagreement.
  if (app.condition === 'empty') return ['failed', 'held', 'succeeded']
  if (!isComplete(app)) return ['failed', 'held']
  // Nothing is left of it but hooks: refused where it had objects.
  if (app.entries.every((entry) => slots[entry.slot]?.hook)) return ['failed', 'succeeded']
  const live = await run.api.all()
  const strangers = [...contentOf(app)].some(([identity, entry]) => {
    const object = live.get(identity)
    // A hook that is there must be one that Drydock made; so must what another app is said to have had.
    const label = object?.metadata.labels?.[partOfLabel]
    const labelled = label !== undefined && label !== applySetId(run.known.repository, app.name)
    const made = object && run.known.ours.has(object.metadata.uid)
    const hook = slots[entry.slot]?.hook !== undefined
    if (object && !made && (labelled || hook)) return true
    // Without a label it is somebody else's.
    if (object && hook && label === undefined) return true
    // It is to be deleted first, and may not be.
    if (object && hook && protectionOf(object)) return true
    return (
      object && (strangerOf(object, run.known.repository, run.known.names()) || isContested(run, app, object, live))
    )
  })
  if (strangers) return ['failed', 'held', 'succeeded']
  if (app.entries.some((entry) => entry.crash)) return ['failed', 'held', 'succeeded']
  return ['succeeded']
}

function judgeRecords(run: Run): void {
  for (const record of run.records.all()) {
    const { state } = record.outcome
    if (record.finishedAt === undefined) run.wrong.push(`a sync of ${record.app} never ended: it is ${state}`)
    if (state === 'held' && run.records.latest(record.app)?.id !== record.id) {
      run.wrong.push(`a sync of ${record.app} still says that it waits, although a newer one came`)
    }
    if (state === 'superseded' && record.outcome.problems.length === 0) {
      run.wrong.push(`a superseded sync of ${record.app} does not say by what`)
    }
    const statuses = [...run.told.deployments.values()].find((each) => each.sync === record.id)?.statuses ?? []
    // What is held waits in the queue, as GitHub says it.
    if (statuses.at(-1) === 'in_progress' || (statuses.at(-1) === 'queued' && state !== 'held')) {
      run.wrong.push(`the deployment of a sync of ${record.app} that is ${state} still says ${statuses.at(-1)}`)
    }
  }
}

/** Synced again, at most the inventory is written: what another app took meanwhile leaves it. After that, nothing is. */
async function judgeAgain(run: Run, tree: Tree): Promise<void> {
  for (const app of tree.apps) {
    const { outcome, revision } = run.records.latest(app.name) ?? {}
    if (outcome?.state !== 'succeeded' || revision !== run.git.head().id) continue
    for (const allowed of [/ PUT \/ConfigMap\/drydock\//, /^$/]) {
      const start = run.log.length
      const outcome = await runCli(run, app, false)
      const wrote = run.log.slice(start).filter((line) => / (PATCH|POST|PUT|DELETE) /.test(line) && !allowed.test(line))
      if (wrote.length > 0) run.wrong.push(`synced again, ${app.name} was written to:\n${wrote.join('\n')}`)
      if (outcome?.state !== 'succeeded') run.wrong.push(`synced again, ${app.name} ${outcome?.state}`)
    }
  }
}

/** Does another app carry it whose render nobody knows? Then nobody knows either whether it was given away. */
function isContested(run: Run, app: ModelApp, object: LiveObject, live: ReadonlyMap<string, LiveObject>): boolean {
  const label = object.metadata.labels?.[partOfLabel]
  const { repository } = run.known
  const owner = [...run.names].find((name) => applySetId(repository, name) === label)
  if (owner === undefined || owner === app.name) return false
  const now = run.git.head().tree.apps.find((each) => each.name === owner)
  if (now) return !isComplete(now)
  // It is gone from the configuration, and its parent object, which would tell, is gone too.
  return !live.has(`/ConfigMap/${homeNamespace}/${parentName(repository, owner)}`)
}
