import { because, condition, degraded, type HealthRule, healthy, unobserved } from './status.ts'

/**
 * Healthy once its controller has seen it; degraded when that can't work out the budget (`SyncFailed`: a pod without a
 * scalable owner). As Argo CD (resource_customizations/policy/PodDisruptionBudget), too few pods are no fault of the
 * budget; kstatus waits for them, but the workload says that itself.
 */
export const podDisruptionBudget: HealthRule = (object) => {
  const waiting = unobserved(object)
  if (waiting) return waiting
  const allowed = condition(object, 'DisruptionAllowed')
  return allowed?.status === 'False' && allowed.reason === 'SyncFailed' ? degraded(because(allowed)) : healthy()
}
