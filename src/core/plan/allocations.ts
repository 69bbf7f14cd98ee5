import { at, isArray, isObject, type Json, type JsonObject, type KubeObject } from '../model/object.ts'

/** Stands where only the sync will tell: the dry run's number is another one than the apply's. */
const allocated = '(allocated by the server)'

/**
 * The predicted object without the addresses and node ports that a dry run of a Service makes up: what neither the
 * manifest nor the live object (`known`) has.
 */
export function withoutAllocations<T extends KubeObject>(predicted: T, ...known: readonly KubeObject[]): T {
  const { spec } = predicted
  if (predicted.kind !== 'Service' || predicted.apiVersion !== 'v1' || !isObject(spec)) return predicted
  const said = new Set(known.flatMap(allocationsOf))
  const fresh = new Set(allocationsOf(predicted).filter((each) => !said.has(each) && each !== 'None'))
  if (fresh.size === 0) return predicted
  const replaced = (value: Json | undefined): Json | undefined =>
    value !== undefined && fresh.has(value) ? allocated : value
  const ports = isArray(spec.ports)
    ? spec.ports.map((port) => (isObject(port) ? present({ ...port, nodePort: replaced(port.nodePort) }) : port))
    : undefined
  const addresses = isArray(spec.clusterIPs) ? spec.clusterIPs.map((each) => replaced(each) ?? each) : undefined
  const changed = {
    ...spec,
    clusterIP: replaced(spec.clusterIP),
    healthCheckNodePort: replaced(spec.healthCheckNodePort),
    clusterIPs: addresses,
    ports,
  }
  return { ...predicted, spec: present(changed) }
}

function allocationsOf(service: KubeObject): readonly Json[] {
  const { spec } = service
  const ports = at(spec, 'ports')
  const addresses = at(spec, 'clusterIPs')
  return [
    ...(isArray(ports) ? ports.map((port) => at(port, 'nodePort')) : []),
    ...(isArray(addresses) ? addresses : []),
    at(spec, 'clusterIP'),
    at(spec, 'healthCheckNodePort'),
  ].filter((each) => each !== undefined)
}

function present(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
