import type { Body } from '../template.ts'

/** Is this a JSON object? */
export function isMap(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Deep equality of JSON, whatever the order of keys. Written anew: the oracle owes nothing to Drydock's own diff. */
export function equal(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => equal(item, other[index]))
  if (!isMap(one) || !isMap(other)) return false
  const [keys, others] = [Object.keys(one), Object.keys(other)]
  return keys.length === others.length && keys.every((key) => Object.hasOwn(other, key) && equal(one[key], other[key]))
}

/** Every leaf that differs, as `a.b[0].c: 1 -> 2`, for people. */
export function leaves(one: unknown, other: unknown, path = ''): readonly string[] {
  if (equal(one, other)) return []
  if (isMap(one) && isMap(other))
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
      leaves(one[key], other[key], `${path}.${key}`),
    )
  if (Array.isArray(one) && Array.isArray(other) && one.length === other.length)
    return one.flatMap((item, index) => leaves(item, other[index], `${path}[${index}]`))
  return [`${path}: ${JSON.stringify(one)} -> ${JSON.stringify(other)}`]
}

/** What controllers of a real cluster, or the birth of an object, write by themselves: no plan speaks of it. */
const itsOwn: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Deployment: [['metadata', 'annotations', 'deployment.kubernetes.io/revision']],
  HorizontalPodAutoscaler: [
    ['metadata', 'annotations', 'autoscaling.alpha.kubernetes.io/conditions'],
    ['metadata', 'annotations', 'autoscaling.alpha.kubernetes.io/current-metrics'],
  ],
  Job: [
    ['metadata', 'labels', 'batch.kubernetes.io/controller-uid'],
    ['metadata', 'labels', 'controller-uid'],
    ['spec', 'selector', 'matchLabels', 'batch.kubernetes.io/controller-uid'],
    ['spec', 'template', 'metadata', 'labels', 'batch.kubernetes.io/controller-uid'],
    ['spec', 'template', 'metadata', 'labels', 'controller-uid'],
  ],
  Pod: [['spec', 'nodeName']],
  PersistentVolumeClaim: [
    ['metadata', 'annotations', 'pv.kubernetes.io/bind-completed'],
    ['metadata', 'annotations', 'pv.kubernetes.io/bound-by-controller'],
  ],
}

/** Server-side bookkeeping, which no plan speaks of. */
const bookkeeping = ['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp', 'selfLink']
const ourLabel = 'applyset.kubernetes.io/part-of'
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** What is compared of an object as the API server stores it. */
export function stripped(live: Body): Body {
  const copy = structuredClone(live)
  delete copy.status
  const metadata = copy.metadata as Body
  for (const key of bookkeeping) delete metadata[key]
  drop(copy, ['metadata', 'labels', ourLabel])
  drop(copy, ['metadata', 'annotations', lastApplied])
  for (const path of itsOwn[String(copy.kind)] ?? []) drop(copy, path)
  for (const key of ['labels', 'annotations']) if (equal(metadata[key], {})) delete metadata[key]
  return copy
}

function drop(from: Body, path: readonly string[]): void {
  const holder = path.slice(0, -1).reduce<unknown>((value, key) => (isMap(value) ? value[key] : undefined), from)
  if (isMap(holder)) delete holder[path.at(-1) ?? '']
}
