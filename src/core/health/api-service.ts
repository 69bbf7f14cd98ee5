import { because, condition, type HealthRule, healthy, progressing } from './status.ts'

/** As Argo CD (gitops-engine pkg/health/health_apiservice.go): until it is `Available`, its kinds aren't served. */
export const apiService: HealthRule = (object) => {
  const available = condition(object, 'Available')
  if (available?.status === 'True') return healthy()
  return progressing(available ? `not available: ${because(available)}` : 'not looked at by the API server yet')
}
