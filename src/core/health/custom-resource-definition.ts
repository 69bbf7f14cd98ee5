import { because, condition, degraded, type HealthRule, healthy, progressing } from './status.ts'

/**
 * As kstatus (sigs.k8s.io/cli-utils pkg/kstatus/status/core.go): names that are taken by another definition are a
 * failure; only an established definition serves objects.
 */
export const customResourceDefinition: HealthRule = (object) => {
  const names = condition(object, 'NamesAccepted')
  if (names?.status === 'False') return degraded(`its names are not accepted: ${because(names)}`)
  if (condition(object, 'Terminating')?.status === 'True') return progressing('being deleted')
  const established = condition(object, 'Established')
  if (established?.status === 'True' && names?.status === 'True') return healthy()
  return progressing('not established yet')
}
