import { describeHealth, lookAt, podTroubles, sentence } from '../../core/health/cause.ts'
import { hasHealth } from '../../core/health/health.ts'
import { isWorkload } from '../../core/health/own-pods.ts'
import { lateClassesIn } from '../../core/health/persistent-volume-claim.ts'
import { type Verdict, verdictOn, type Watched } from '../../core/health/verdict.ts'
import { judge } from '../../core/health/wanted.ts'
import type { HealthExpression } from '../../core/model/app.ts'
import { type Problem, problem } from '../../core/model/errors.ts'
import { partOfLabel } from '../../core/model/inventory.ts'
import type { LiveObject } from '../../core/model/object.ts'
import { groupOf, identityOf, type ObjectReference } from '../../core/model/reference.ts'
import type { Cluster } from '../ports.ts'
import { askCauses, type PodWatch, watchPods } from './ask-cause.ts'
import type { Scrubber } from './scrub-run.ts'

/** How to wait. */
export type HealthWait = {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Id of the inventory: every object waited for carries it as a label. */
  readonly labelSelector: string
  /** Rules of the app's configuration; they win over the built-in ones. */
  readonly rules?: readonly HealthExpression[]
  /** By identity: the UID of the object that is meant. One of the same name with another UID is not the one. */
  readonly uids?: ReadonlyMap<string, string>
  /** Identities of hooks: a Job or Pod among them must have completed, any other kind is done once it is stored. */
  readonly completes?: ReadonlySet<string>
  /** ISO 8601: when this sync began. Older events, and pods that were broken before, say nothing about it. */
  readonly since?: string
  /** Called with each object that has a health, but of a kind that the server lets nobody watch: it is not waited for. */
  readonly unwatched?: (reference: ObjectReference) => void
  /** Takes sensitive values out of what is said of an object. */
  readonly scrub?: Scrubber
  /** Called when what is waited for changes: `Deployment shop/web: 2 of 3 ready, container web: CrashLoopBackOff`. */
  readonly waiting: (lines: readonly string[]) => void
}

/**
 * Watches objects until each is healthy. An empty list means that all are. Ends at once when one can't become healthy
 * by waiting, with the problems of such ones alone (`unhealthy`); else at the timeout with all that aren't healthy
 * (`health-timeout`). Each problem says the cause, as far as pods and events tell it. Throws `cluster-refused` or
 * `cluster-unreachable` when the objects can't be watched, and the signal's reason when that ends it.
 */
export async function waitForHealth(
  cluster: Cluster,
  references: readonly ObjectReference[],
  wait: HealthWait,
): Promise<readonly Problem[]> {
  const wanted = await watchable(cluster, references, wait)
  if (wanted.length === 0) return []
  const timeout = AbortSignal.timeout(wait.timeoutMs)
  const settled = new AbortController()
  const signal = AbortSignal.any([settled.signal, timeout, wait.signal])
  const board = await openBoard(cluster, wanted, wait, signal, settled)
  try {
    await cluster.observe(wanted, board.seen, { signal, labelSelector: `${partOfLabel}=${wait.labelSelector}` })
  } finally {
    settled.abort()
    board.close()
  }
  wait.signal.throwIfAborted()
  const { over, pending } = board.verdict()
  if (over.length > 0) return problemsOf(cluster, board.pods, over, wait, 'unhealthy', '')
  const after = `, after ${Math.round(wait.timeoutMs / 1000)} s`
  return problemsOf(cluster, board.pods, pending, wait, 'health-timeout', after)
}

/** Those that have a health, and that the server lets anyone watch. Hooks that only have to be stored, are. */
async function watchable(
  cluster: Cluster,
  references: readonly ObjectReference[],
  { rules, completes, unwatched }: HealthWait,
): Promise<readonly ObjectReference[]> {
  const runs = ({ apiVersion, kind }: ObjectReference) =>
    ['batch/Job', '/Pod'].includes(`${groupOf(apiVersion)}/${kind}`)
  const wanted = references.filter((reference) =>
    completes?.has(identityOf(reference)) ? runs(reference) : hasHealth(reference.apiVersion, reference.kind, rules),
  )
  if (wanted.length === 0) return []
  const kinds = await cluster.kinds()
  const isWatched = ({ apiVersion, kind }: ObjectReference) =>
    kinds.find(apiVersion, kind)?.verbs.includes('watch') ?? true
  for (const each of wanted) if (!isWatched(each)) unwatched?.(each)
  return wanted.filter(isWatched)
}

/** What was seen of each object so far, and what follows from it. */
type Board = {
  readonly seen: (reference: ObjectReference, object: LiveObject | undefined) => void
  readonly verdict: () => Verdict
  readonly pods: PodWatch
  readonly close: () => void
}

/** Settles as soon as all are healthy or one can't become it. */
async function openBoard(
  cluster: Cluster,
  wanted: readonly ObjectReference[],
  wait: HealthWait,
  signal: AbortSignal,
  settled: AbortController,
): Promise<Board> {
  const lateClasses = await lateClassesOf(cluster, wanted)
  const rules = wait.rules ?? []
  const unseen = { health: { status: 'unknown', message: 'not seen yet' }, firstMs: performance.now() } as const
  const watched = new Map<string, Watched>(wanted.map((reference) => [identityOf(reference), { reference, ...unseen }]))
  let verdict: Verdict = { lines: [], pending: [...watched.values()], over: [], lasting: new Map() }
  let timer: NodeJS.Timeout | undefined
  let soon = false

  const look = () => {
    soon = false
    if (signal.aborted) return
    clearTimeout(timer)
    const shown = verdict.lines.join('\n')
    const around = (namespace: string | undefined) => ({ ...pods.around(namespace), since: wait.since })
    verdict = verdictOn([...watched.values()], around, rules, verdict.lasting, performance.now(), wait.timeoutMs)
    if (verdict.lines.join('\n') !== shown) wait.waiting(linesOf(verdict, wait))
    if (verdict.pending.length === 0 || verdict.over.length > 0) settled.abort()
    else if (verdict.againMs !== undefined) timer = setTimeout(look, verdict.againMs - performance.now() + 1)
  }
  // The objects of a list are seen one by one: they are looked at together.
  const lookSoon = () => {
    if (!soon) queueMicrotask(look)
    soon = true
  }
  const pods = watchPods(cluster, signal, lookSoon)
  const seen = (reference: ObjectReference, object: LiveObject | undefined) => {
    const identity = identityOf(reference)
    const before = watched.get(identity)
    const uid = wait.uids?.get(identity)
    const completes = wait.completes?.has(identity) ?? false
    const health = judge(object, before?.object, { rules, uid, completes, lateClasses })
    const firstMs = before?.object ? before.firstMs : performance.now()
    // Of what has completed and gone, the last state is kept.
    const gone = object === undefined || (uid !== undefined && object.metadata.uid !== uid)
    const kept = gone && health.status === 'healthy' ? before?.object : object
    watched.set(identity, { reference, health, object: kept, firstMs })
    const { apiVersion, kind, namespace } = reference
    if (health.status !== 'healthy' && namespace && isWorkload(apiVersion, kind)) pods.begin(namespace)
    lookSoon()
  }
  return { seen, pods, verdict: () => verdict, close: () => clearTimeout(timer) }
}

function linesOf({ lines, pending }: Verdict, { scrub }: HealthWait): readonly string[] {
  return lines.map((line, index) => {
    const reference = pending[index]?.reference
    return scrub && reference ? scrub(reference, line) : line
  })
}

/** Asked only where claims are waited for; where classes can't be read, claims are waited for like all others. */
async function lateClassesOf(cluster: Cluster, wanted: readonly ObjectReference[]): Promise<ReadonlySet<string>> {
  if (!wanted.some(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'PersistentVolumeClaim')) return new Set()
  return lateClassesIn(await cluster.list('storage.k8s.io/v1', 'StorageClass').catch(() => []))
}

async function problemsOf(
  cluster: Cluster,
  pods: PodWatch,
  ill: readonly Watched[],
  wait: HealthWait,
  code: 'unhealthy' | 'health-timeout',
  after: string,
): Promise<readonly Problem[]> {
  const told = ill.map((each) => ({
    ...each,
    said: describeHealth(each.reference, each.health.message ?? each.health.status),
  }))
  const known = told.flatMap(({ object, said }) => (object ? [{ object, said }] : []))
  const causes = await askCauses(cluster, pods, known, wait.since)
  return told.map(({ reference, object, said }) => {
    const found = causes.get(identityOf(reference))
    const [worst] = object && found ? podTroubles(object, found.around) : []
    const first = sentence(`${said}${after}`)
    const message = found?.cause ? `${first} ${found.cause}` : first
    return problem(code, wait.scrub?.(reference, message) ?? message, { hint: lookAt(reference, worst) })
  })
}
