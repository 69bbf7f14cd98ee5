import { at } from '../model/object.ts'
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

/**
 * As `kubectl rollout status` (k8s.io/kubectl pkg/polymorphichelpers/rollout_status.go): observed, within its progress
 * deadline, all replicas updated, no old one left, all updated ones available. A paused Deployment rolls nothing out,
 * so it is judged by its available replicas alone.
 */
export const deployment: HealthRule = (object) => {
  const waiting = unobserved(object)
  if (waiting) return waiting
  const wanted = wantedReplicas(object)
  const [replicas, updated, available] = ['replicas', 'updatedReplicas', 'availableReplicas'].map((field) =>
    count(object, field),
  ) as [number, number, number]

  if (at(object, 'spec', 'paused') === true) {
    return available >= wanted ? healthy('paused') : progressing(`${available} of ${wanted} ready, paused`)
  }
  const progress = condition(object, 'Progressing')
  if (progress?.reason === 'ProgressDeadlineExceeded') {
    return degraded(`${available} of ${wanted} ready: ${because(progress)}`)
  }
  // Such as a quota: the pods can't even be made. It may be lifted, so the deadline decides.
  const failure = condition(object, 'ReplicaFailure')
  const why = failure?.status === 'True' ? `: ${because(failure)}` : ''
  if (updated < wanted) return progressing(`${updated} of ${wanted} updated${why}`)
  if (replicas > updated) {
    const old = `${replicas - updated} old ${replicas - updated === 1 ? 'pod' : 'pods'} left`
    return progressing(available < replicas ? `${available} of ${replicas} ready, ${old}` : old)
  }
  if (available < wanted) return progressing(`${available} of ${wanted} ready${why}`)
  return healthy()
}
