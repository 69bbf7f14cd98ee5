/** Annotations of a manifest, by their keys. */
type Annotations = Readonly<Record<string, string>>

const head = (apiVersion: string, kind: string, name: string, annotations: Annotations): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${JSON.stringify({ name, annotations })}\n`

export const configMap = (name: string, annotations: Annotations = {}, data = '1'): string =>
  `${head('v1', 'ConfigMap', name, annotations)}data: {a: "${data}"}\n`

export const secret = (name: string, annotations: Annotations = {}): string =>
  `${head('v1', 'Secret', name, annotations)}stringData: {a: b}\n`

export const service = (name: string, annotations: Annotations = {}): string =>
  `${head('v1', 'Service', name, annotations)}spec: {selector: {app: ${name}}, ports: [{port: 80}]}\n`

/** `slow`: ready for a second before it counts, so that there is something to wait for. */
export const deployment = (
  name: string,
  {
    annotations = {},
    slow = false,
    image = 'web:1',
  }: { annotations?: Annotations; slow?: boolean; image?: string } = {},
): string => `${head('apps/v1', 'Deployment', name, annotations)}spec:
  ${slow ? 'minReadySeconds: 1' : 'minReadySeconds: 0'}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: web, image: "${image}"}]}
`

export const replicaSet = (name: string, annotations: Annotations = {}, image = 'web:1'): string =>
  `${head('apps/v1', 'ReplicaSet', name, annotations)}spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: web, image: "${image}"}]}
`

/** The same workload with pods that crash. */
export const crashing = (text: string): string => text.replace('labels: {', 'labels: {simulate: crash, ')

/** A Job, which completes at once; `fails`: its pods wait for the test to let them fail. */
export const job = (
  name: string,
  annotations: Annotations = {},
  { fails = false, image = 'tool:1' }: { fails?: boolean; image?: string } = {},
): string => `${head('batch/v1', 'Job', name, annotations)}spec:
  backoffLimit: 0
  template:
    metadata: {labels: {${fails ? 'simulate: fail' : 'app: job'}}}
    spec: {restartPolicy: Never, containers: [{name: main, image: "${image}"}]}
`

/** Each manifest in a file of its own, in the folder of the app that tests use. */
export function files(...texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map((text, index) => [`apps/shop/${index}.yaml`, text]))
}
