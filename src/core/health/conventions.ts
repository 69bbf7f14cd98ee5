import type { Health } from '../model/health.ts'
import type { LiveObject } from '../model/object.ts'
import { because, behind, type Condition, condition, degraded, healthy, progressing } from './status.ts'

/**
 * Custom kinds, by what their controllers have agreed on. From kstatus (sigs.k8s.io/cli-utils pkg/kstatus/status,
 * generic.go): a status of an older generation and `Reconciling` are progressing, `Stalled` is degraded, `Ready` that
 * isn't true is progressing, and what contradicts nothing is healthy: an object without status or conditions is never
 * waited for. Beyond it: `Succeeded` of things that run once (Knative's conventions, Tekton), `Failed`, and `Available`
 * where there is no `Ready`. A condition that carries an `observedGeneration` of its own (metav1.Condition) is heard
 * only when that is current.
 */
export function byConventions(object: LiveObject): Health {
  const waiting = behind(object)
  if (waiting) return waiting
  const reconciling = condition(object, 'Reconciling')
  if (reconciling?.status === 'True') return progressing(because(reconciling))
  for (const type of ['Stalled', 'Failed']) {
    const found = condition(object, type)
    if (found?.status === 'True') return degraded(inFull(type, found))
  }
  const succeeded = condition(object, 'Succeeded')
  if (succeeded?.status === 'False') return degraded(inFull('not succeeded', succeeded))
  for (const type of ['Ready', 'Available', 'Succeeded']) {
    const found = condition(object, type)
    if (!found) continue
    if (isOld(object, found)) return progressing('its controller has not seen this change yet')
    return found.status === 'True' ? healthy() : progressing(inFull(`not ${type.toLowerCase()}`, found))
  }
  return healthy()
}

/** Reason and message, as far as there are any. */
function inFull(otherwise: string, { reason, message }: Condition): string {
  return [reason, message].filter(Boolean).join(': ') || otherwise
}

function isOld(object: LiveObject, { observedGeneration }: Condition): boolean {
  return observedGeneration !== undefined && observedGeneration < (object.metadata.generation ?? 0)
}
