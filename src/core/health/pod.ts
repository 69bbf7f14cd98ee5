import { at, type JsonObject, type LiveObject, numberAt, textAt } from '../model/object.ts'
import { because, condition, degraded, type HealthRule, healthy, objects, progressing } from './status.ts'
import { failures } from './troubles.ts'

/**
 * As Argo CD (gitops-engine pkg/health/health_pod.go): a container that waits for a reason that doesn't go away is
 * degraded, `Succeeded` is healthy, `Failed` is degraded, and a running pod is healthy when it is ready. A pod that
 * is to end by itself (restart policy OnFailure or Never) is progressing until it has.
 */
export const pod: HealthRule = (object) => {
  const containers = [...statuses(object, 'initContainerStatuses'), ...statuses(object, 'containerStatuses')]
  const phase = textAt(object, 'status', 'phase')
  if (phase === 'Succeeded') return healthy()
  if (phase === 'Failed') return degraded(whyFailed(object, containers))
  if (phase === 'Unknown') return { status: 'unknown', message: 'its node does not answer' }
  for (const container of containers) {
    const reason = textAt(container, 'state', 'waiting', 'reason')
    if (reason && failures.has(reason)) {
      const message = textAt(container, 'state', 'waiting', 'message')
      return degraded(`container ${nameOf(container)}: ${reason}${message ? `: ${message}` : ''}`)
    }
  }
  const scheduled = condition(object, 'PodScheduled')
  if (scheduled?.status === 'False') return progressing(`not scheduled: ${because(scheduled)}`)
  const ends = ['OnFailure', 'Never'].includes(textAt(object, 'spec', 'restartPolicy') ?? 'Always')
  if (phase === 'Running' && !ends && condition(object, 'Ready')?.status === 'True') return healthy()
  if (phase === 'Running' && ends) return progressing('running to its end')
  const main = statuses(object, 'containerStatuses')
  const ready = main.filter((each) => at(each, 'ready') === true).length
  const restarts = main.reduce((sum, each) => sum + (numberAt(each, 'restartCount') ?? 0), 0)
  const total = Math.max(objects(at(object, 'spec', 'containers')).length, main.length)
  return progressing(`${ready} of ${total} containers ready${restarts > 0 ? `, restarted ${restarts} times` : ''}`)
}

function statuses(object: LiveObject, field: string): readonly JsonObject[] {
  return objects(at(object, 'status', field))
}

function nameOf(container: JsonObject): string {
  return textAt(container, 'name') ?? '?'
}

/** The pod's own message, else that of the container that ended badly. */
function whyFailed(object: LiveObject, containers: readonly JsonObject[]): string {
  const own = textAt(object, 'status', 'message') ?? textAt(object, 'status', 'reason')
  if (own) return own
  for (const container of containers) {
    const code = numberAt(container, 'state', 'terminated', 'exitCode')
    if (code === undefined || code === 0) continue
    const reason = textAt(container, 'state', 'terminated', 'reason')
    return `container ${nameOf(container)} ended with exit code ${code}${reason && reason !== 'Error' ? ` (${reason})` : ''}`
  }
  return 'the pod failed'
}
