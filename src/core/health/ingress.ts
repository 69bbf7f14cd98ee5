import { at } from '../model/object.ts'
import { type HealthRule, healthy, objects } from './status.ts'

/**
 * Always healthy; without an address it says so. Argo CD (gitops-engine pkg/health/health_ingress.go) waits until the
 * load balancer has an address, which never comes where no controller serves the class or where the controller doesn't
 * publish one (Traefik by default); Flux (kstatus) doesn't wait. Nothing in the object tells these cases apart, so who
 * wants to wait says it in the configuration: `healthy: has(object.status.loadBalancer.ingress)`.
 */
export const ingress: HealthRule = (object) =>
  objects(at(object, 'status', 'loadBalancer', 'ingress')).length > 0 ? healthy() : healthy('has no address yet')
