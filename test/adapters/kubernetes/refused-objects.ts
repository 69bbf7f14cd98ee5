import { healthOf } from '../../../src/core/health/health.ts'
import type { KubeObject, LiveObject } from '../../../src/core/model/object.ts'
import { referenceOf } from '../../../src/core/model/reference.ts'
import { allowed, type ControlPlane, randomName, refusalOf } from './control-plane.ts'

export type Spec = { readonly [key: string]: unknown }

/** Objects in a control plane's namespace, small and valid, and a way to ask for a change of one. */
export function objectsOf(control: () => ControlPlane) {
  const object = (apiVersion: string, kind: string, more: Spec, name = 'x'): KubeObject =>
    ({ apiVersion, kind, metadata: { name, namespace: control().namespace }, ...more }) as unknown as KubeObject
  const clusterWide = (apiVersion: string, kind: string, resource: string, more: Spec, name = randomName('x')) => {
    control().later(`/apis/${apiVersion}/${resource}/${name}`)
    return { apiVersion, kind, metadata: { name }, ...more } as unknown as KubeObject
  }
  /** A definition keeps its scope from the moment that it is established. */
  const established = async (definition: KubeObject) => {
    const done = new AbortController()
    const signal = AbortSignal.any([done.signal, AbortSignal.timeout(20_000)])
    const seen = (_reference: unknown, live: LiveObject | undefined) => {
      if (live && healthOf(live).status === 'healthy') done.abort()
    }
    await control().cluster.observe([referenceOf(definition)], seen, { signal })
  }
  /** Creates the one and asks for the other. */
  const change = async (before: KubeObject, after: Spec) => {
    await control().cluster.writer(allowed('create', before)).apply(before)
    if (before.kind === 'CustomResourceDefinition') await established(before)
    return refusalOf(control().cluster.previewApply({ ...before, ...after } as KubeObject))
  }
  const pod = (app: string, more: Spec = {}) => ({
    metadata: { labels: { app } },
    spec: { containers: [{ name: 'c', image: 'a' }], ...more },
  })
  const workload = (app: string, more: Spec = {}) => ({
    spec: { selector: { matchLabels: { app } }, template: pod(app, { nodeSelector: { no: 'where' } }), ...more },
  })
  const job = (image: string) => ({
    spec: { suspend: true, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } } },
  })
  const claim = (mode: string) => ({
    spec: { accessModes: [mode], resources: { requests: { storage: '1Gi' } } },
  })
  const role = (name: string) => ({ roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name } })
  return { object, clusterWide, established, change, pod, workload, job, claim, role }
}
