import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Manifest } from '../../../src/core/model/manifest.ts'
import type { JsonObject, KubeObject } from '../../../src/core/model/object.ts'
import { ClusterRefusal } from '../../../src/core/model/refusal.ts'
import { makesOf } from '../../../src/core/plan/pods.ts'
import { askPods } from '../../../src/flows/plan/ask-pods.ts'
import type { Cluster } from '../../../src/flows/ports.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../../adapters/kubernetes/control-plane.ts'

const source = { path: 'apps/shop/web.yaml', line: 1 }
const templateSource = { path: 'apps/shop/web.yaml', line: 12 }
const nothing = makesOf([])

const container = (more: JsonObject = {}) => ({ name: 'c', image: 'web:1', ...more })

function deployment(namespace: string, spec: JsonObject, name = 'web'): KubeObject {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  }
}

describe.skipIf(!kubeconfig)(`asking for the pods of workloads${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  let cluster: Cluster
  beforeAll(async () => {
    plane = await openControlPlane('pods')
    cluster = plane.cluster
    await withAccount(plane.namespace)
  })
  afterAll(() => plane.close())

  /** The namespace's own service account, without which no pod is accepted. */
  const withAccount = (namespace: string) =>
    vi.waitFor(
      async () => {
        const reference = { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name: 'default' }
        expect(await cluster.get(reference)).toBeDefined()
      },
      { timeout: 20_000 },
    )

  const spaceWith = async (labels: JsonObject): Promise<string> => {
    const name = randomName('pods')
    await plane.raw('POST', '/api/v1/namespaces', { metadata: { name, labels } })
    plane.later(`/api/v1/namespaces/${name}`)
    await withAccount(name)
    return name
  }

  const ask = async (object: KubeObject, makes = nothing, warnings?: readonly string[]) => {
    const { object: stored, warnings: said } = await cluster.previewApply(object)
    const manifest: Manifest = {
      object,
      source,
      locate: (field) => (field.includes('template') ? templateSource : source),
    }
    return askPods(cluster, [{ manifest, object: stored, warnings: warnings ?? said }], makes)
  }

  const pod = (more: JsonObject = {}) => ({ containers: [container()], ...more })

  it('accepts what the cluster accepts, and leaves nothing behind', async () => {
    expect(await ask(deployment(plane.namespace, pod()))).toEqual([])
    expect(await cluster.list('v1', 'Pod', { namespace: plane.namespace })).toEqual([])
  })

  it('finds what Pod Security would refuse, at the template', async () => {
    const namespace = await spaceWith({ 'pod-security.kubernetes.io/enforce': 'restricted' })
    const [finding, ...rest] = await ask(deployment(namespace, pod()))
    expect(rest).toEqual([])
    expect(finding).toMatchObject({
      level: 'error',
      object: `apps/Deployment/${namespace}/web`,
      problem: {
        code: 'cluster-refused',
        message: expect.stringMatching(
          /^Deployment \S+\/web: its pods would be refused: violates PodSecurity "restricted:latest": .*runAsNonRoot/,
        ),
        source: templateSource,
        hint: expect.stringContaining('pod template'),
      },
    })
    const safe = {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        container({ securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }),
      ],
    }
    expect(await ask(deployment(namespace, safe))).toEqual([])
  })

  it('passes on a warning once: where the workload got it too, it is said already', async () => {
    const namespace = await spaceWith({ 'pod-security.kubernetes.io/warn': 'baseline' })
    const object = deployment(namespace, pod({ hostNetwork: true }))
    expect(await ask(object)).toEqual([])
    expect(await ask(object, nothing, [])).toMatchObject([
      { level: 'warning', text: expect.stringContaining('would violate PodSecurity "baseline:latest"') },
    ])
  })

  it('says what pods would lack, and asks on without it', async () => {
    const namespace = await spaceWith({ 'pod-security.kubernetes.io/enforce': 'baseline' })
    const spec = pod({ serviceAccountName: 'robot', priorityClassName: 'no-such-class' })
    expect(await ask(deployment(namespace, spec))).toMatchObject([
      { level: 'warning', text: "its pods can't start: the service account robot doesn't exist" },
      { level: 'warning', text: "its pods can't start: the priority class no-such-class doesn't exist" },
    ])
    const made = makesOf([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace } },
      { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'no-such-class' } },
    ])
    expect(await ask(deployment(namespace, spec), made)).toEqual([])
    // What is made hides nothing of the rest.
    expect(await ask(deployment(namespace, { ...spec, hostNetwork: true }), made)).toMatchObject([
      { level: 'error', problem: { message: expect.stringContaining('host namespaces') } },
    ])
  })

  it('finds what a LimitRange and a quota ask of each pod, but leaves an exceeded quota to the sum', async () => {
    const namespace = await spaceWith({})
    const here = `/api/v1/namespaces/${namespace}`
    await plane.raw('POST', `${here}/limitranges`, {
      metadata: { name: 'sizes' },
      spec: { limits: [{ type: 'Container', max: { memory: '1Gi' } }] },
    })
    const large = pod({ containers: [container({ resources: { limits: { memory: '2Gi' } } })] })
    const small = pod({ containers: [container({ resources: { limits: { memory: '1Gi' } } })] })
    await expect
      .poll(() => ask(deployment(namespace, large)), { timeout: 20_000 })
      .toMatchObject([{ level: 'error', problem: { message: expect.stringContaining('maximum memory usage') } }])
    expect(await ask(deployment(namespace, small))).toEqual([])

    await plane.raw('POST', `${here}/resourcequotas`, {
      metadata: { name: 'team' },
      spec: { hard: { 'limits.cpu': '1', pods: '0' } },
    })
    await expect
      .poll(() => ask(deployment(namespace, small)), { timeout: 20_000 })
      .toMatchObject([{ level: 'error', problem: { message: expect.stringContaining('must specify limits.cpu') } }])
    const complete = pod({ containers: [container({ resources: { limits: { memory: '1Gi', cpu: '1' } } })] })
    expect(await ask(deployment(namespace, complete))).toEqual([])
  })

  it('mounts the claims of a StatefulSet', async () => {
    const labels = { app: 'db' }
    const set: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: plane.namespace },
      spec: {
        serviceName: 'db',
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: pod({ containers: [container({ volumeMounts: [{ name: 'data', mountPath: '/data' }] })] }),
        },
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    }
    expect(await ask(set)).toEqual([])
  })

  it('asks for the pods of a CronJob, whose template is not judged with it', async () => {
    const namespace = await spaceWith({ 'pod-security.kubernetes.io/enforce': 'baseline' })
    const template = { spec: { ...pod({ hostPID: true }), restartPolicy: 'Never' } }
    const job: KubeObject = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly', namespace },
      spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template } } },
    }
    expect(await ask(job)).toMatchObject([{ level: 'error', source, problem: { source: templateSource } }])
  })

  it('is not misled by a policy against pods that nobody owns', async () => {
    const name = randomName('naked')
    const admission = '/apis/admissionregistration.k8s.io/v1'
    const namespace = await spaceWith({ 'test/naked': name })
    const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }
    await plane.raw('POST', `${admission}/validatingadmissionpolicies`, {
      metadata: { name },
      spec: {
        matchConstraints: { resourceRules: [rule] },
        validations: [
          { expression: 'has(object.metadata.ownerReferences)', message: 'a pod needs an owner' },
          { expression: "object.metadata.labels.app != 'bad'", message: 'this app is bad' },
        ],
      },
    })
    plane.later(`${admission}/validatingadmissionpolicies/${name}`)
    await plane.raw('POST', `${admission}/validatingadmissionpolicybindings`, {
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        matchResources: { namespaceSelector: { matchLabels: { 'test/naked': name } } },
      },
    })
    plane.later(`${admission}/validatingadmissionpolicybindings/${name}`)
    await expect
      .poll(() => ask(deployment(namespace, pod(), 'bad')), { timeout: 20_000 })
      .toMatchObject([{ level: 'error', problem: { message: expect.stringContaining('this app is bad') } }])
    expect(await ask(deployment(namespace, pod()))).toEqual([])
  })

  it('does not ask in a namespace that the commit makes', async () => {
    const asked: string[] = []
    const counting: Cluster = {
      ...cluster,
      previewApply: (object) => {
        asked.push(object.kind)
        return cluster.previewApply(object)
      },
    }
    const object = deployment('to-come', pod())
    const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'to-come' } }
    expect(await askPods(counting, [{ manifest: { object, source }, object }], makesOf([space]))).toEqual([])
    expect(asked).toEqual([])
  })
})

describe('asking for pods that nobody can preview', () => {
  const object = deployment('shop', { containers: [container()] })
  const refusing = (kind: ClusterRefusal['kind'], words: string) =>
    ({
      previewApply: () => {
        const said = `Pod shop/web-drydock-dry-run: the API server refused it: ${words}`
        throw new ClusterRefusal(kind, 400, said)
      },
    }) as Partial<Cluster> as Cluster

  it.each([
    ['no-dry-run', 'admission webhook "mesh.example.com" does not support dry run'],
    ['forbidden', 'pods "web-drydock-dry-run" is forbidden: User "robot" cannot patch resource "pods"'],
  ] as const)('says why: %s', async (kind, words) => {
    const findings = await askPods(refusing(kind, words), [{ manifest: { object, source }, object }], nothing)
    expect(findings).toMatchObject([
      { level: 'remark', text: expect.stringMatching(/^its pods could not be previewed, because /) },
    ])
    expect(JSON.stringify(findings)).not.toContain('dry-run-')
    expect(JSON.stringify(findings)).not.toContain('web-drydock')
  })

  it('does not take a cluster that is gone for an answer', async () => {
    const gone = { previewApply: () => Promise.reject(new Error('connection refused')) } as Partial<Cluster> as Cluster
    await expect(askPods(gone, [{ manifest: { object, source }, object }], nothing)).rejects.toThrow(
      'connection refused',
    )
  })
})
