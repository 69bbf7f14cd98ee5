import {
  because,
  condition,
  count,
  degraded,
  type HealthRule,
  healthy,
  progressing,
  unobserved,
  wantedReplicas,
} from './status.ts'

/** As Argo CD (gitops-engine pkg/health/health_replicaset.go): observed, no ReplicaFailure, all replicas available. */
export const replicaSet: HealthRule = (object) => {
  const waiting = unobserved(object)
  if (waiting) return waiting
  const failure = condition(object, 'ReplicaFailure')
  if (failure?.status === 'True') return degraded(because(failure))
  const [wanted, available] = [wantedReplicas(object), count(object, 'availableReplicas')]
  return available < wanted ? progressing(`${available} of ${wanted} ready`) : healthy()
}
