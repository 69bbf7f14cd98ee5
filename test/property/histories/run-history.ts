import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { DrydockError, DrydockErrors } from '../../../src/core/model/errors.ts'
import { homeNamespace } from '../../../src/core/model/inventory.ts'
import { obeyComment } from '../../../src/flows/commands/obey-comment.ts'
import type { Job, SyncRecord } from '../../../src/flows/records.ts'
import { reportSyncs } from '../../../src/flows/sync/report-syncs.ts'
import { syncBranch } from '../../../src/flows/sync/sync-branch.ts'
import { syncMerged } from '../../../src/flows/sync/sync-merged.ts'
import type { ApiServer, Carried } from './api-server.ts'
import type { Story } from './commands.ts'
import type { Fault } from './faults.ts'
import { type Asked, memoryForge } from './forge.ts'
import { type MemoryGit, memoryGit } from './git.ts'
import { judgeBack } from './judge-back.ts'
import { type Errand, judgeRequest, type Knowledge } from './judge-request.ts'
import { beginLife, Killed, type Life, type Surroundings } from './life.ts'
import { type Pins, watchPins } from './pins.ts'
import type { OpenedPull } from './pulls.ts'
import { recordsOf } from './records.ts'
import type { Depot } from './store.ts'
import { appIn, firstTree } from './tree.ts'

/** Who holds the locks of the histories. */
export const locker = 'dora'
/** A job that fails is tried as often as the real queue does it. */
const attempts = 6
/** More jobs than any history needs: one that makes itself anew for ever. */
const maxJobs = 400

/** A history while it runs: what is there, and what the model knows of it. */
export type Run = {
  readonly git: MemoryGit
  readonly address: { readonly owner: string; readonly name: string; readonly installationId: number }
  readonly told: ReturnType<typeof memoryForge>['told']
  readonly depot: Depot
  readonly records: ReturnType<typeof recordsOf>
  readonly known: Knowledge
  /** What happened, line by line, for the report. */
  readonly log: string[]
  /** What must not have happened. */
  readonly wrong: string[]
  /** Objects that somebody else changed since Drydock wrote them last, by identity. */
  readonly disturbed: Set<string>
  /** UIDs that each app wrote and has not given away. */
  readonly holdings: Map<string, Set<string>>
  /** Revision and app for which somebody accepted the risks. */
  readonly accepted: Set<string>
  readonly names: Set<string>
  /** Apps that somebody locked, and where that is known. */
  readonly locks: Map<string, 'store' | 'parent' | 'perhaps'>
  frozen: boolean
  /** Apps that the store says were synced, while the cluster says nothing. */
  readonly disagreeing: Set<string>
  /** What pins apps. */
  readonly pins: Pins
  /** Commands so far. */
  readonly asked: Asked[]
  /** So many of the first ones may stay without an answer: the jobs were lost. */
  unanswered: number
  /** Pull requests that Drydock opened. */
  readonly opened: readonly OpenedPull[]
  /** The number of the next pull request. */
  readonly nextNumber: () => number
  api: ApiServer
  fault: Fault | undefined
  life: Life
  readonly around: Surroundings
  /** Does something on behalf of an app. */
  readonly onErrand: <T>(errand: Errand, work: () => Promise<T>) => Promise<T>
  /** Without a record it is one of the CLI. */
  readonly errandOf: (id: string, app: string, revision: string, record?: SyncRecord) => Errand
  readonly queue: Job[]
  /** Tells Drydock of the branch. */
  readonly hook: (before?: string) => void
  /** Runs jobs until there are none. */
  readonly work: (options?: { readonly wide?: boolean; readonly only?: Job['kind'] }) => Promise<void>
  /** Does this one job now, while a sync runs; later where no sync runs. */
  readonly doMeanwhile: (job: Job) => Promise<void>
}

export function startRun(story: Story, depot: Depot, api: ApiServer, timeout: string): Run {
  const git = memoryGit(firstTree(story.apps, story.start, timeout))
  const address = { owner: 'acme', name: `h${randomBytes(5).toString('hex')}`, installationId: 1 }
  const repository = `${address.owner}/${address.name}`
  const { forge, told, asked, nextNumber, opened } = memoryForge(git)
  const errands = new AsyncLocalStorage<Errand>()
  const ours = new Set<string>()
  const names = new Set<string>(git.head().tree.apps.map((app) => app.name))
  const log: string[] = []
  const wrong: string[] = []
  const pins = watchPins(git, repository, names)
  const note = (verdict: string | undefined): void => void (verdict && wrong.push(verdict))
  const records = recordsOf(depot.store, wrong, (app, pin) => note(pins.said('store', app, pin, errands.getStore())))
  // What a history before this one left behind.
  depot.taken()
  let newest: string | undefined
  let ids = 0
  /** What is synced may be newer than what was told of. */
  const newestFrom = (revision: string): string =>
    newest === undefined || git.line(revision).some((each) => each.id === newest) ? revision : newest
  const known: Knowledge = {
    repository,
    treeOf: (revision) => git.find(revision).tree,
    ours,
    names: () => [...names],
  }
  const carried = (request: Carried): void => {
    const errand = errands.getStore()
    const { method, identity, after } = request
    log.push(`    ${errand?.app ?? '?'}: ${method} ${identity}`)
    note(judgeRequest(request, errand, known))
    note(pins.wrote(request, errand))
    if (errand && !identity.includes(`/${homeNamespace}`)) {
      const forbidden = pins.forbid(errand)
      note(forbidden && `${errand.app} at ${errand.revision.slice(0, 7)}: ${method} of ${identity}: ${forbidden}`)
    }
    if (!after || method === 'DELETE') return
    ours.add(after.metadata.uid)
    run.disturbed.delete(identity)
    for (const [app, held] of run.holdings) if (app !== errand?.app) held.delete(after.metadata.uid)
    if (errand) run.holdings.set(errand.app, (run.holdings.get(errand.app) ?? new Set()).add(after.metadata.uid))
  }
  const around: Surroundings = {
    git,
    forge,
    store: records.store,
    api: () => run.api,
    carried,
    faults: () => run.fault,
    warned: (message, thrown) => {
      log.push(`    logged: ${message}: ${thrown instanceof Error ? thrown.message : thrown}`)
      // What is no error of ours and no end of a process is a mistake of the program.
      const meant = thrown instanceof DrydockError || thrown instanceof DrydockErrors || thrown instanceof Killed
      if (thrown instanceof Error && !meant && thrown.name !== 'AbortError') wrong.push(`unexpected: ${thrown.stack}`)
    },
    newId: () => `${address.name}-${(ids++).toString().padStart(4, '0')}`,
  }
  const flowOf = async (job: Job): Promise<void> => {
    const { world, signal } = run.life
    if (job.kind === 'push') {
      await syncBranch(world, job)
      newest = await depot.store.cursor(address, 'main')
    }
    if (job.kind === 'report') await reportSyncs(world, job)
    if (job.kind === 'command') {
      const errand = orderErrand(run, job.commentId)
      // How far it comes is not known.
      for (const app of run.locks.keys()) if (errand.unpins?.(app)) run.locks.set(app, 'perhaps')
      await run
        .onErrand(errand, () => obeyComment(world, job))
        .catch((thrown: unknown) => {
          // Known and not mended: /sync that is cut short has queued the sync, and doesn't come back to the pin.
          for (const app of names) if (errand.unpins?.(app)) pins.doubt(app)
          throw thrown
        })
      // It says so where it could not reach the cluster.
      const isTold = [...told.comments.values()].some(
        ({ body }) => body.includes(`drydock:reply:${job.commentId} `) && body.includes('its cluster still says'),
      )
      for (const app of isTold ? names : []) if (errand.unpins?.(app)) pins.doubt(app)
    }
    if (job.kind !== 'sync') return
    const record = await depot.store.sync(job.syncId)
    if (!record) return
    const errand = run.errandOf(record.id, record.app, record.revision, record)
    await run.onErrand(errand, () => syncMerged(world, job, signal))
    const ended = await depot.store.sync(record.id)
    const wasOver = record.finishedAt !== undefined
    if (ended?.rollback && ended.outcome.state === 'succeeded' && !wasOver) wrong.push(...(await judgeBack(run, ended)))
  }
  const doJob = async (job: Job): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await flowOf(job)
        break
      } catch (thrown) {
        log.push(`    ${describe(job)} threw ${thrown instanceof Error ? thrown.message : thrown}`)
        if (run.life.isOver()) {
          run.queue.unshift(job)
          break
        }
        if (attempt < attempts) continue
        if (!run.fault?.count)
          wrong.push(`${describe(job)} failed for good: ${thrown instanceof Error ? thrown.stack : thrown}`)
        break
      }
    }
    take()
  }
  /** Two reports of one pull request say the same. */
  const take = (): void => {
    for (const job of depot.taken()) {
      const known = run.queue.some(
        (each) => each.kind === 'report' && job.kind === 'report' && each.number === job.number,
      )
      if (!known) run.queue.push(job)
    }
  }
  const restartIfOver = (): void => {
    if (!run.life.isOver()) return
    run.life.kill()
    log.push('    the process ended; another one starts')
    run.life = beginLife(around)
  }
  const run: Run = {
    git,
    address,
    told,
    depot,
    records,
    known,
    log,
    wrong,
    disturbed: new Set(),
    holdings: new Map(),
    accepted: new Set(),
    names,
    locks: new Map(),
    frozen: false,
    disagreeing: new Set(),
    pins,
    asked,
    unanswered: 0,
    opened,
    nextNumber,
    api,
    fault: undefined,
    life: undefined as unknown as Life,
    around,
    onErrand: (errand, work) => errands.run(errand, work),
    errandOf: (id, app, revision, record) => ({
      kind: record === undefined ? 'cli' : record.rollback ? 'rollback' : 'sync',
      id,
      app,
      revision,
      accepted: () => run.accepted.has(`${app} ${revision}`),
      deleted: 0,
      newest: record?.rollback ? (newest ?? revision) : record ? newestFrom(revision) : revision,
      good: record?.rollback ? [] : goodRevisions(run, app, revision),
      ...(record ? heldOf(run, record) : {}),
    }),
    queue: [],
    hook: (before) =>
      void run.queue.push({
        kind: 'push',
        repository: address,
        branch: 'main',
        pusher: 'carol',
        ...(before ? { before } : {}),
      }),
    // Jobs of one branch never run beside each other.
    doMeanwhile: async (job) => (errands.getStore() ? doJob(job) : void run.queue.push(job)),
    work: async ({ wide = false, only } = {}) => {
      for (let done = 0; done < maxJobs; done += 1) {
        const batch = nextJobs(run.queue, wide, only)
        if (batch.length === 0) return restartIfOver()
        await Promise.all(batch.map(doJob))
        restartIfOver()
      }
      wrong.push('the jobs never end')
    },
  }
  run.life = beginLife(around)
  return run
}

/** Where a rollback of this app may go. */
function goodRevisions(run: Run, app: string, revision: string): readonly string[] {
  if (appIn(run.git.find(revision).tree, app)?.onFailure !== 'rollback') return []
  const good = run.records.all().filter((each) => each.app === app && each.outcome.state === 'succeeded')
  return good.map((each) => each.revision)
}

function heldOf(run: Run, { app, revision, rollback, actor }: SyncRecord): { readonly held?: string } {
  const { git } = run
  const isThere = git.line(git.head().id).some((each) => each.id === revision)
  // What an app goes back to may have been forced off the branch.
  if (!isThere && !rollback) return { held: 'the branch lacks this commit' }
  if (run.disagreeing.has(app)) return { held: 'store and cluster do not agree' }
  if (run.frozen) return { held: 'the repository is frozen' }
  if (rollback && actor === locker) return {}
  const side = run.locks.get(app) ?? 'perhaps'
  return side === 'perhaps' ? {} : { held: `it is locked, as the ${side} says` }
}

/** Commands write nothing to a cluster but what holds apps; these two may end that. */
function orderErrand(run: Run, commentId: number): Errand {
  const { body = '' } = run.asked.find((each) => each.id === commentId) ?? {}
  const [command, ...apps] = body.split(' ')
  const bare = (name: string) => name.replace(/-2$/, '')
  const unpins = (app: string) =>
    command !== '/rollback' && (apps.length === 0 || apps.some((each) => bare(each) === bare(app)))
  const { id } = run.git.head()
  const rest = { accepted: () => false, deleted: 0, good: [], newest: id, held: 'it is a command' }
  return { kind: 'command', id: `command ${commentId}`, app: body, revision: id, unpins, ...rest }
}

/** The next job, or, `wide`, all that may run at the same time: those of different apps. */
function nextJobs(queue: Job[], wide: boolean, only: Job['kind'] | undefined): readonly Job[] {
  // Branches are read beside the syncs: where much may run at once, before them.
  const read = wide ? queue.findIndex((job) => job.kind === 'push') : -1
  const at = read >= 0 ? read : queue.findIndex((job) => only === undefined || job.kind === only)
  if (at < 0) return []
  const [first] = queue.splice(at, 1)
  if (!first || !wide || first.kind !== 'sync') return first ? [first] : []
  const batch = [first]
  for (const job of [...queue]) {
    if (job.kind !== 'sync' || batch.some((each) => each.app === job.app)) continue
    batch.push(job)
    queue.splice(queue.indexOf(job), 1)
  }
  return batch
}

function describe(job: Job): string {
  return job.kind === 'sync' ? `the sync of ${job.app}` : `the job ${job.kind}`
}
