import { at, type Json, type JsonObject, type LiveObject, numberAt, textAt } from '../model/object.ts'
import { because, condition, objects } from './status.ts'

/** What keeps one container, or a whole pod, from doing its work. */
export type Trouble = {
  readonly pod: LiveObject
  /** Absent: it is the pod itself (not scheduled, evicted). */
  readonly container?: string
  /** `CrashLoopBackOff`, `not ready`, … */
  readonly reason: string
  readonly message?: string
  /** How its container ended last: `exit code 137, OOMKilled`. */
  readonly ended?: string
  readonly restarts: number
  /** How long, in ms, it may last before it counts as final; absent: it is waited for. */
  readonly patienceMs?: number
  /** Lower ones are worse. */
  readonly rank: number
}

/** Reasons to wait that don't go away by waiting: something in the manifest, the image or the program is wrong. */
export const failures: ReadonlySet<string> = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
])

/** Of these, the ones that no restart mends: a Job restarts what crashes by itself. */
const beforeStart = new Set(['ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName', 'CreateContainerConfigError'])

/** How long a container may wait for a reason that doesn't go away. */
const patienceMs = 2_000

/** A Secret or ConfigMap that isn't there may be about to be made, by an operator or by an object applied later. */
const missingMs = 30_000

/**
 * From this restart on a crash is no start that was too early for what it needs: kubelet waits 0, 10 and 20 s before the
 * first three.
 */
const crashes = 3

/** Clocks of the cluster and of Drydock may differ by this. */
const skewMs = 60_000

/**
 * What is wrong with the pods of a workload, the worst first. A pod that is older than `since` was broken before: it
 * counts as final only once it failed again.
 */
export function troublesOf(
  workload: LiveObject,
  pods: readonly LiveObject[],
  since: string | undefined,
): readonly Trouble[] {
  const retries = workload.kind === 'Job'
  // A failed pod of any other workload (evicted, for example) is replaced by the next.
  const counted = pods.filter((pod) => retries || workload.kind === 'Pod' || isAlive(pod))
  return counted.flatMap((pod) => troublesOfPod(pod, retries, since)).sort((one, other) => one.rank - other.rank)
}

function isAlive(pod: LiveObject): boolean {
  return pod.metadata.deletionTimestamp === undefined && textAt(pod, 'status', 'phase') !== 'Failed'
}

function troublesOfPod(pod: LiveObject, retries: boolean, since: string | undefined): readonly Trouble[] {
  const phase = textAt(pod, 'status', 'phase')
  if (phase === 'Succeeded') return []
  const own = ownTrouble(pod, phase)
  if (own) return [own]
  const starting = objects(at(pod, 'status', 'initContainerStatuses')).flatMap((each) =>
    troubleOfContainer(pod, each, retries, since, true),
  )
  if (starting.length > 0) return starting
  const main = objects(at(pod, 'status', 'containerStatuses'))
  return main.flatMap((each) => troubleOfContainer(pod, each, retries, since, false))
}

/** Trouble of the pod that no container has. */
function ownTrouble(pod: LiveObject, phase: string | undefined): Trouble | undefined {
  const reason = textAt(pod, 'status', 'reason')
  const message = textAt(pod, 'status', 'message')
  if (phase === 'Failed' && reason) return { pod, reason, ...(message ? { message } : {}), restarts: 0, rank: 2 }
  const scheduled = condition(pod, 'PodScheduled')
  if (scheduled?.status !== 'False') return undefined
  return { pod, reason: 'not scheduled', message: because(scheduled), restarts: 0, rank: 3 }
}

function troubleOfContainer(
  pod: LiveObject,
  status: JsonObject,
  retries: boolean,
  since: string | undefined,
  init: boolean,
): readonly Trouble[] {
  const container = textAt(status, 'name') ?? '?'
  const restarts = numberAt(status, 'restartCount') ?? 0
  const known = { pod, container, restarts }
  const now = endOf(at(status, 'state', 'terminated'))
  const before = endOf(at(status, 'lastState', 'terminated'))
  if (now && numberAt(status, 'state', 'terminated', 'exitCode') === 0) return []
  if (now) return [{ ...known, reason: 'ended', ended: now, rank: 2 }]
  const ended = before ? { ended: before } : {}
  const reason = textAt(status, 'state', 'waiting', 'reason')
  const message = textAt(status, 'state', 'waiting', 'message')
  const said = message ? { message } : {}
  if (reason && failures.has(reason)) {
    const patience = wasBroken(pod, status, since) ? undefined : patienceFor(reason, message ?? '', restarts, retries)
    if (patience === undefined) return [{ ...known, ...said, ...ended, reason, rank: 1 }]
    return [{ ...known, ...said, ...ended, reason, patienceMs: patience, rank: 0 }]
  }
  if (reason) return init ? [] : [{ ...known, ...said, ...ended, reason, rank: 5 }]
  if (init || at(status, 'ready') === true || !at(status, 'state', 'running')) return []
  return [{ ...known, ...ended, reason: 'running, but not ready', rank: 4 }]
}

function patienceFor(reason: string, message: string, restarts: number, retries: boolean): number | undefined {
  if (retries && !beforeStart.has(reason)) return undefined
  if (reason === 'ErrImagePull') return undefined
  if (reason === 'CrashLoopBackOff') return restarts >= crashes ? patienceMs : undefined
  return reason === 'CreateContainerConfigError' && /not found|couldn't find key/.test(message) ? missingMs : patienceMs
}

/** Was it broken before this sync, and hasn't it failed again since? */
function wasBroken(pod: LiveObject, status: JsonObject, since: string | undefined): boolean {
  if (since === undefined) return false
  const began = Date.parse(since)
  const created = Date.parse(textAt(pod, 'metadata', 'creationTimestamp') ?? '')
  if (Number.isNaN(created) || created >= began - skewMs) return false
  const failed = Date.parse(textAt(status, 'lastState', 'terminated', 'finishedAt') ?? '')
  return !(failed >= began)
}

/**
 * How a container ended. Its termination message is left out: it may be the tail of its log, which says anything.
 */
function endOf(terminated: Json | undefined): string | undefined {
  const code = numberAt(terminated, 'exitCode')
  if (code === undefined) return undefined
  const reason = textAt(terminated, 'reason')
  const signal = numberAt(terminated, 'signal')
  const parts = [`exit code ${code}`, reason === 'Error' ? undefined : reason, signal ? `signal ${signal}` : undefined]
  return parts.filter(Boolean).join(', ')
}
