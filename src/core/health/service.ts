import { at, textAt } from '../model/object.ts'
import { type HealthRule, healthy, objects, progressing } from './status.ts'

/** As Argo CD (gitops-engine pkg/health/health_service.go): only a LoadBalancer is waited for, until it has an address. */
export const service: HealthRule = (object) => {
  if (textAt(object, 'spec', 'type') !== 'LoadBalancer') return healthy()
  return objects(at(object, 'status', 'loadBalancer', 'ingress')).length > 0
    ? healthy()
    : progressing('waits for the address of its load balancer')
}
