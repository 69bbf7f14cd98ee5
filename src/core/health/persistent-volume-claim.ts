import { type LiveObject, textAt } from '../model/object.ts'
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

/** Set by the scheduler once a pod needs the claim (k8s.io/component-helpers storage/volume). */
const selectedNode = 'volume.kubernetes.io/selected-node'

/** The names of the StorageClasses whose claims are bound only when a pod uses them. */
export function lateClassesIn(storageClasses: readonly LiveObject[]): ReadonlySet<string> {
  const late = storageClasses.filter((each) => textAt(each, 'volumeBindingMode') === 'WaitForFirstConsumer')
  return new Set(late.map((each) => each.metadata.name))
}

/**
 * Is it a claim that no pod uses yet, of a class that binds only then? Waiting for such a claim would hold up the pods
 * that it waits for, where those come in a later wave.
 *
 * @param lateClasses of {@link lateClassesIn}
 */
export function waitsForPod(object: LiveObject, lateClasses: ReadonlySet<string>): boolean {
  const name = textAt(object, 'spec', 'storageClassName')
  const used = textAt(object, 'metadata', 'annotations', selectedNode) !== undefined
  return name !== undefined && lateClasses.has(name) && !used && textAt(object, 'status', 'phase') === 'Pending'
}
