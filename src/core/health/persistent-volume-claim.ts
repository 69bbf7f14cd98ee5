import { textAt } from '../model/object.ts'
import { degraded, type HealthRule, healthy, progressing } from './status.ts'

/**
 * As Argo CD (gitops-engine pkg/health/health_pvc.go): `Bound` is healthy, `Lost` is degraded, `Pending` is
 * progressing. Whether a pending claim's class has the binding mode WaitForFirstConsumer isn't in the object: such a
 * claim stays pending until a pod uses it, so the message says so.
 */
export const persistentVolumeClaim: HealthRule = (object) => {
  const phase = textAt(object, 'status', 'phase')
  if (phase === 'Bound') return healthy()
  if (phase === 'Lost') return degraded('its volume is lost')
  return progressing('not bound yet; with a WaitForFirstConsumer class it binds only when a pod uses it')
}
