import { isArray, isObject, type Json, type JsonObject, type KubeObject } from '../model/object.ts'

/** A Service without these node ports and addresses, so that the server can be asked about the rest of it. */
export function withoutAllocated(service: KubeObject, values: ReadonlySet<string>): KubeObject {
  const { spec } = service
  if (!isObject(spec)) return service
  const { clusterIP, clusterIPs, healthCheckNodePort, ports, ...rest } = spec
  const free = (value: Json | undefined) => value !== undefined && !values.has(String(value))
  const addresses = isArray(clusterIPs) && clusterIPs.every(free)
  return {
    ...service,
    spec: {
      ...rest,
      ...(free(clusterIP) && (addresses || clusterIPs === undefined) ? { clusterIP } : {}),
      ...(addresses ? { clusterIPs } : {}),
      ...(free(healthCheckNodePort) ? { healthCheckNodePort } : {}),
      ...(isArray(ports) ? { ports: ports.map((port) => withoutPort(port, free)) } : {}),
    },
  }
}

function withoutPort(port: Json, free: (value: Json | undefined) => boolean): Json {
  if (!isObject(port) || free(port.nodePort)) return port
  const { nodePort: _, ...rest } = port
  return rest
}

/** What the server made of such a Service, with the node ports and addresses that the manifest says. */
export function withAllocated<T extends KubeObject>(predicted: T, desired: KubeObject): T {
  const [spec, wanted] = [predicted.spec, desired.spec]
  if (!isObject(spec) || !isObject(wanted)) return predicted
  const said = isArray(wanted.ports) ? wanted.ports.filter(isObject) : []
  const back = (port: Json): Json => {
    if (!isObject(port)) return port
    const nodePort = said.find((each) => keyOf(each) === keyOf(port))?.nodePort
    return nodePort === undefined ? port : { ...port, nodePort }
  }
  const { clusterIP, clusterIPs, healthCheckNodePort } = wanted
  const given = Object.entries({ clusterIP, clusterIPs, healthCheckNodePort }).filter(
    ([, value]) => value !== undefined,
  )
  const ports = isArray(spec.ports) ? { ports: spec.ports.map(back) } : {}
  return { ...predicted, spec: { ...spec, ...Object.fromEntries(given), ...ports } }
}

/** By which the server tells the ports of a Service apart. */
function keyOf({ port, protocol = 'TCP' }: JsonObject): string {
  return `${port}/${protocol}`
}
