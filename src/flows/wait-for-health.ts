import { hasHealth, healthOf } from '../core/health/health.ts'
import { type Problem, problem } from '../core/model/errors.ts'
import type { Health } from '../core/model/health.ts'
import { partOfLabel } from '../core/model/inventory.ts'
import { at, isObject, type LiveObject } from '../core/model/object.ts'
import { describeReference, identityOf, type ObjectReference } from '../core/model/reference.ts'
import type { Cluster } from './ports.ts'

/** One object that is waited for, as it was seen last. */
type State = {
  readonly reference: ObjectReference
  readonly health: Health
  readonly object?: LiveObject | undefined
}

/** How to wait. */
export type HealthWait = {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Id of the inventory: every object waited for carries it as a label. */
  readonly labelSelector: string
  /** Called when what is waited for changes: `Deployment shop/web: 2 of 3 ready`. */
  readonly waiting: (lines: readonly string[]) => void
}

/** A state that no waiting mends. A crashing Pod may still come up, a failed Job won't. */
const finalKinds = new Set(['Job', 'Deployment', 'PersistentVolumeClaim'])

/**
 * Watches objects until each is healthy. Returns what is wrong with those that aren't when the time is over or when
 * waiting is of no use; an empty list means that all are healthy.
 */
export async function waitForHealth(
  cluster: Cluster,
  references: readonly ObjectReference[],
  wait: HealthWait,
): Promise<readonly Problem[]> {
  const wanted = references.filter((reference) => hasHealth(reference.apiVersion, reference.kind))
  if (wanted.length === 0) return []
  const states = new Map<string, State>(
    wanted.map((reference) => [
      identityOf(reference),
      { reference, health: { status: 'unknown', message: 'not seen yet' } },
    ]),
  )
  const settled = new AbortController()
  const timeout = AbortSignal.timeout(wait.timeoutMs)
  const pending = () => [...states.values()].filter(({ health }) => health.status !== 'healthy')
  let shown = ''
  await cluster.observe(
    wanted,
    (reference, object) => {
      const health: Health = object ? healthOf(object) : { status: 'progressing', message: 'not there yet' }
      states.set(identityOf(reference), { reference, health, object })
      const rest = pending()
      if (rest.every((each) => each.health.status === 'degraded' && finalKinds.has(each.reference.kind)))
        settled.abort()
      const lines = rest.map(line)
      if (lines.join('\n') !== shown) {
        shown = lines.join('\n')
        wait.waiting(lines)
      }
    },
    {
      signal: AbortSignal.any([settled.signal, timeout, wait.signal]),
      labelSelector: `${partOfLabel}=${wait.labelSelector}`,
    },
  )
  wait.signal.throwIfAborted()
  const rest = pending()
  const causes = await Promise.all(rest.map((each) => causeIn(cluster, each)))
  return rest.map((each, index) =>
    problem(
      timeout.aborted ? 'health-timeout' : 'unhealthy',
      `${line(each)}${timeout.aborted ? `, after ${Math.round(wait.timeoutMs / 1000)} s` : ''}.${causes[index] ?? ''}`,
      {
        hint: `Look at it: kubectl describe ${each.reference.kind.toLowerCase()} ${each.reference.name}${each.reference.namespace ? ` -n ${each.reference.namespace}` : ''}. Nothing was pruned.`,
      },
    ),
  )
}

/** What its pods say: a workload itself only counts them. Nothing where they can't be read. */
async function causeIn(cluster: Cluster, { reference, object }: State): Promise<string | undefined> {
  const labels = at(object, 'spec', 'selector', 'matchLabels')
  if (!isObject(labels) || reference.namespace === undefined) return undefined
  const labelSelector = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  try {
    const pods = await cluster.list('v1', 'Pod', {
      namespace: reference.namespace,
      labelSelector: labelSelector.join(','),
    })
    const ill = pods.map((pod) => ({ pod, health: healthOf(pod) })).filter(({ health }) => health.status !== 'healthy')
    const worst = ill.find(({ health }) => health.status === 'degraded') ?? ill[0]
    return worst && ` Pod ${worst.pod.metadata.name}: ${worst.health.message ?? worst.health.status}.`
  } catch {
    return undefined
  }
}

function line({ reference, health }: State): string {
  return `${describeReference(reference)}: ${health.message ?? health.status}`
}
