import { numberAt, textAt } from '../model/object.ts'
import { count, type HealthRule, healthy, progressing, unobserved, wantedReplicas } from './status.ts'

/**
 * As `kubectl rollout status` and Argo CD (gitops-engine pkg/health/health_statefulset.go): observed, all replicas
 * ready, then by the update strategy: `OnDelete` waits for nobody, a partition needs only the pods above it updated,
 * else the current revision must be the updated one.
 */
export const statefulSet: HealthRule = (object) => {
  const waiting = unobserved(object)
  if (waiting) return waiting
  const wanted = wantedReplicas(object)
  const ready = count(object, 'readyReplicas')
  const updated = count(object, 'updatedReplicas')
  if (ready < wanted) return progressing(`${ready} of ${wanted} ready`)
  if (textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') {
    return updated < wanted ? healthy(`${updated} of ${wanted} updated; the rest when deleted (OnDelete)`) : healthy()
  }
  const partition = numberAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0
  if (partition > 0) {
    const above = Math.max(wanted - partition, 0)
    if (updated < above) return progressing(`${updated} of ${above} updated above partition ${partition}`)
    return healthy(`updated above partition ${partition}`)
  }
  if (textAt(object, 'status', 'updateRevision') !== textAt(object, 'status', 'currentRevision')) {
    return progressing(`${updated} of ${wanted} updated`)
  }
  return healthy()
}
