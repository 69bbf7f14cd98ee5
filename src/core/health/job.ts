import { at, numberAt } from '../model/object.ts'
import { because, condition, count, degraded, type HealthRule, healthy, progressing } from './status.ts'

/**
 * As Argo CD (gitops-engine pkg/health/health_job.go): `Failed` is degraded, `Complete` is healthy, running is
 * progressing. A suspended Job does what its manifest says: nothing.
 */
export const job: HealthRule = (object) => {
  const failed = condition(object, 'Failed')
  if (failed?.status === 'True')
    return degraded(failed.reason ? `${failed.reason}: ${because(failed)}` : because(failed))
  if (condition(object, 'Complete')?.status === 'True') return healthy()
  if (at(object, 'spec', 'suspend') === true) return healthy('suspended')
  const wanted = numberAt(object, 'spec', 'completions') ?? 1
  const parts = [`${count(object, 'succeeded')} of ${wanted} completed`]
  if (count(object, 'failed') > 0) parts.push(`${count(object, 'failed')} failed`)
  return progressing(parts.join(', '))
}
