import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partOfLabel } from '../../../src/core/model/inventory.ts'
import type { JsonObject, KubeObject } from '../../../src/core/model/object.ts'
import { identityOf, type ObjectReference, referenceOf } from '../../../src/core/model/reference.ts'
import { type HealthWait, waitForHealth } from '../../../src/flows/sync/wait-for-health.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../../adapters/kubernetes/control-plane.ts'

const id = 'applyset-test-v1'
const merge = { contentType: 'application/merge-patch+json' }
const paths: Readonly<Record<string, string>> = {
  Deployment: 'apis/apps/v1/namespaces/NS/deployments',
  StatefulSet: 'apis/apps/v1/namespaces/NS/statefulsets',
  DaemonSet: 'apis/apps/v1/namespaces/NS/daemonsets',
  ConfigMap: 'api/v1/namespaces/NS/configmaps',
  ResourceQuota: 'api/v1/namespaces/NS/resourcequotas',
  Pod: 'api/v1/namespaces/NS/pods',
  PersistentVolumeClaim: 'api/v1/namespaces/NS/persistentvolumeclaims',
  PodDisruptionBudget: 'apis/policy/v1/namespaces/NS/poddisruptionbudgets',
  Ingress: 'apis/networking.k8s.io/v1/namespaces/NS/ingresses',
  Job: 'apis/batch/v1/namespaces/NS/jobs',
  Event: 'api/v1/namespaces/NS/events',
  Widget: 'apis/drydock-test.example/v1/namespaces/NS/widgets',
}

describe.skipIf(!kubeconfig)(`waiting for health on a real cluster${skipped}`, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('health')
  })
  afterAll(() => plane.close())

  const pathOf = (kind: string, namespace: string, name?: string) =>
    `/${(paths[kind] ?? '').replace('NS', namespace)}${name ? `/${name}` : ''}`

  /** Makes an object with our label; its reference, with its UID. */
  const make = async (
    apiVersion: string,
    kind: string,
    name: string,
    rest: JsonObject,
    namespace = plane.namespace,
  ) => {
    const metadata = { name, namespace, labels: { [partOfLabel]: id } }
    const answer = await plane.raw('POST', pathOf(kind, namespace), { apiVersion, kind, metadata, ...rest })
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
    const made = answer.body as unknown as KubeObject
    return { ...referenceOf({ ...made, apiVersion, kind }), uid: (made.metadata as { uid?: string }).uid ?? '' }
  }
  const change = async (reference: ObjectReference, patch: object, part = '') => {
    const path = `${pathOf(reference.kind, reference.namespace ?? '', reference.name)}${part}`
    const answer = await plane.raw('PATCH', path, patch, merge)
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  }
  const template = (app: string, simulate?: string, more: JsonObject = {}) => ({
    metadata: { labels: { app, ...(simulate ? { simulate } : {}) } },
    spec: { containers: [{ name: 'web', image: 'web:1' }], ...more },
  })
  const workload = (app: string, replicas: number, simulate?: string): JsonObject => ({
    spec: { replicas, selector: { matchLabels: { app } }, template: template(app, simulate) },
  })
  const job = (app: string, simulate?: string): JsonObject => ({
    spec: { backoffLimit: 0, template: template(app, simulate, { restartPolicy: 'Never' }) },
  })
  const wait = async (references: readonly ObjectReference[], more: Partial<HealthWait> = {}) => {
    const lines: string[] = []
    const began = performance.now()
    const problems = await waitForHealth(plane.cluster, references, {
      timeoutMs: 20_000,
      signal: new AbortController().signal,
      labelSelector: id,
      ...more,
      waiting: (now) => {
        lines.push(now.join(' | '))
        more.waiting?.(now)
      },
    })
    return { problems, lines, ms: performance.now() - began }
  }

  it('waits for what becomes healthy, and says how far it is', async () => {
    const name = randomName('web')
    // Counts as ready after a second: there is a time of waiting to be seen.
    const slow = { ...(workload(name, 3).spec as JsonObject), minReadySeconds: 1 }
    const web = await make('apps/v1', 'Deployment', name, { spec: slow })
    const set = await make('apps/v1', 'StatefulSet', `${name}-db`, workload(`${name}-db`, 2))
    const agent = await make('apps/v1', 'DaemonSet', `${name}-agent`, {
      spec: { selector: { matchLabels: { app: 'agent' } }, template: template('agent') },
    })
    const { problems, lines } = await wait([web, set, agent])
    expect(problems).toEqual([])
    expect(lines.join('\n')).toMatch(/Deployment \S+: \d of 3 ready/)
  })

  it('reports a crash-looping update in less than 5 s, with its reason', async () => {
    const name = randomName('crash')
    const web = await make('apps/v1', 'Deployment', name, workload(name, 3))
    await wait([web])
    await change(web, { spec: { template: { metadata: { labels: { simulate: 'crash' } } } } })
    const { problems, lines, ms } = await wait([web])
    expect(ms).toBeLessThan(5_000)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.code).toBe('unhealthy')
    expect(problems[0]?.message).toMatch(
      new RegExp(
        `^Deployment ${plane.namespace}/${name}: .+ Pod ${name}-\\S+, container web: CrashLoopBackOff: simulated: crash; restarted 5 times.$`,
      ),
    )
    expect(problems[0]?.hint).toMatch(/kubectl logs \S+ -c web -n \S+ --previous/)
    expect(lines.at(-1)).toContain(', container web: CrashLoopBackOff')
  })

  it('does not blame a new revision for broken pods of the old one', async () => {
    const name = randomName('fix')
    const web = await make('apps/v1', 'Deployment', name, workload(name, 2, 'crash'))
    expect((await wait([web])).problems[0]?.message).toContain('CrashLoopBackOff')
    // Ready for 3 s counts as available: so long the old pods stay beside the new ones.
    await change(web, { spec: { minReadySeconds: 3, template: { metadata: { labels: { simulate: null } } } } })
    const { problems, lines } = await wait([web])
    expect(problems).toEqual([])
    expect(lines.filter((line) => !line.includes('not seen')).join('\n')).not.toContain('CrashLoopBackOff')
  })

  it('judges a DaemonSet by the pods of its present revision', async () => {
    const name = randomName('agent')
    const agent = await make('apps/v1', 'DaemonSet', name, {
      spec: { selector: { matchLabels: { app: name } }, template: template(name) },
    })
    expect((await wait([agent])).problems).toEqual([])
    await change(agent, { spec: { template: { metadata: { labels: { simulate: 'crash' } } } } })
    const { problems, ms } = await wait([agent])
    expect(problems[0]?.message).toContain('container web: CrashLoopBackOff')
    expect(ms).toBeLessThan(5_000)
    await change(agent, { spec: { template: { metadata: { labels: { simulate: null } } } } })
    expect((await wait([agent])).problems).toEqual([])
  })

  it('tells the broken pod of the revision before, which a StatefulSet never replaces', async () => {
    const name = randomName('set')
    const set = await make('apps/v1', 'StatefulSet', name, workload(name, 1, 'pull-error'))
    const broken = await wait([set])
    expect(broken.problems[0]?.code).toBe('unhealthy')
    expect(broken.problems[0]?.message).toContain(`Pod ${name}-0, container web: ImagePullBackOff`)
    await change(set, { spec: { template: { metadata: { labels: { simulate: null } } } } })
    const fixed = await wait([set], { timeoutMs: 4_000 })
    expect(fixed.problems[0]?.code).toBe('health-timeout')
    expect(fixed.problems[0]?.message).toContain(
      `Of the revision before, and replaced only once it is deleted: Pod ${name}-0, container web: ImagePullBackOff`,
    )
    await plane.raw('DELETE', pathOf('Pod', plane.namespace, `${name}-0`))
    expect((await wait([set])).problems).toEqual([])
  })

  it('says at the timeout what a pod lacks, with the newest warnings about it', async () => {
    const name = randomName('slow')
    const web = await make('apps/v1', 'Deployment', name, workload(name, 1, 'never-ready'))
    const told = async (count: number) => {
      const pods = await plane.cluster.list('v1', 'Pod', { namespace: plane.namespace, labelSelector: `app=${name}` })
      if (pods.length === 0 && count < 100) await told(count + 1)
      for (const { metadata } of pods) {
        const involvedObject = { kind: 'Pod', namespace: plane.namespace, name: metadata.name, uid: metadata.uid }
        for (const [at, reason, message] of [
          ['01', 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503'],
          ['02', 'BackOff', 'Back-off restarting failed container'],
        ] as const) {
          const lastTimestamp = `2030-01-01T00:00:${at}Z`
          const event = { type: 'Warning', involvedObject, reason, message, lastTimestamp }
          await make('v1', 'Event', randomName('event'), event)
        }
      }
    }
    await told(0)
    const { problems } = await wait([web], { timeoutMs: 1_500 })
    expect(problems.map(({ code }) => code)).toEqual(['health-timeout'])
    expect(problems[0]?.message).toMatch(
      new RegExp(
        `^Deployment \\S+/${name}: 0 of 1 ready, after 2 s. Pod ${name}-\\S+, container web: running, but not ready. Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503.$`,
      ),
    )
  })

  it('says what a quota refused', async () => {
    const name = randomName('quota')
    const space = randomName('health')
    await plane.raw('POST', '/api/v1/namespaces', { metadata: { name: space } })
    plane.later(`/api/v1/namespaces/${space}`)
    await make('v1', 'ResourceQuota', 'none', { spec: { hard: { pods: '0' } } }, space)
    const web = await make('apps/v1', 'StatefulSet', name, workload(name, 1), space)
    const { problems } = await wait([web], { timeoutMs: 3_000 })
    expect(problems[0]?.message).toMatch(/FailedCreate: .+ exceeded quota: none/)
  })

  it('waits until a hook has completed, and reports one that failed with its exit code', async () => {
    const good = await make('batch/v1', 'Job', randomName('good'), job('good'))
    const bad = await make('batch/v1', 'Job', randomName('bad'), job('bad', 'pull-error'))
    const completes = new Set([good, bad].map(identityOf))
    expect((await wait([good], { completes })).problems).toEqual([])

    const stuck = await wait([bad], { completes })
    expect(stuck.problems[0]?.message).toMatch(/^Job .+: 0 of 1 completed. Pod bad-.+: ImagePullBackOff: simulated/)
    const pods = await plane.cluster.list('v1', 'Pod', { namespace: plane.namespace, labelSelector: 'app=bad' })
    const terminated = { exitCode: 3, reason: 'Error' }
    const status = {
      phase: 'Failed',
      containerStatuses: [
        { name: 'web', image: 'web:1', imageID: '', ready: false, restartCount: 0, state: { terminated } },
      ],
    }
    for (const pod of pods) await change({ ...bad, kind: 'Pod', name: pod.metadata.name }, { status }, '/status')
    const { problems, ms } = await wait([bad], { completes })
    expect(problems[0]?.message).toMatch(
      /^Job .+: BackoffLimitExceeded: .+ Pod bad-\S+, container web: ended with exit code 3/,
    )
    expect(problems[0]?.hint).toMatch(/kubectl logs bad-\S+ -c web -n \S+\.$/)
    expect(ms).toBeLessThan(5_000)
  })

  it('counts a hook as done that completed and went away, one of another kind once it is stored', async () => {
    const gone = randomName('gone')
    const once = await make('batch/v1', 'Job', gone, {
      spec: { ...(job(gone).spec as object), ttlSecondsAfterFinished: 0 },
    })
    const pod = await make('v1', 'Pod', randomName('pod'), { spec: { containers: [{ name: 'web', image: 'web:1' }] } })
    const settings = await make('v1', 'ConfigMap', randomName('settings'), {})
    const completes = new Set([once, pod, settings].map(identityOf))
    const uids = new Map([once, pod, settings].map((each) => [identityOf(each), each.uid]))
    const { problems, lines } = await wait([once, pod, settings], {
      completes,
      uids,
      waiting: (now) => {
        // The Job has completed and is gone; a Pod that is merely ready hasn't completed.
        if (now.length === 1 && now[0]?.includes('running to its end'))
          void change(pod, { status: { phase: 'Succeeded' } }, '/status')
      },
    })
    expect(problems).toEqual([])
    expect(lines.join('\n')).toContain('running to its end')
    while (await plane.cluster.get(once));
    const { problems: unknown } = await wait([once], { completes, uids })
    expect(unknown[0]?.message).toContain('it is gone, and nobody saw how it ended')
  })

  it('does not take another object of the same name for the one that is meant', async () => {
    const name = randomName('other')
    const web = await make('apps/v1', 'Deployment', name, workload(name, 1))
    const uids = new Map([[identityOf(web), 'the-new-one']])
    const { problems } = await wait([web], { uids, timeoutMs: 1_000 })
    expect(problems[0]?.message).toContain('another object of this name is there')
    expect((await wait([web], { uids: new Map([[identityOf(web), web.uid]]) })).problems).toEqual([])
  })

  it('does not wait for what waits for others', async () => {
    const name = randomName('rest')
    const late = randomName('late')
    await plane.raw('POST', '/apis/storage.k8s.io/v1/storageclasses', {
      metadata: { name: late },
      provisioner: 'example.com/none',
      volumeBindingMode: 'WaitForFirstConsumer',
    })
    plane.later(`/apis/storage.k8s.io/v1/storageclasses/${late}`)
    const claim = {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: late,
    }
    const budget = { minAvailable: 1, selector: { matchLabels: { app: name } } }
    const backend = { service: { name, port: { number: 80 } } }
    const all = [
      await make('apps/v1', 'Deployment', name, workload(name, 1)),
      await make('v1', 'PersistentVolumeClaim', name, { spec: claim }),
      await make('policy/v1', 'PodDisruptionBudget', name, { spec: budget }),
      await make('networking.k8s.io/v1', 'Ingress', name, { spec: { defaultBackend: backend } }),
    ]
    expect((await wait(all)).problems).toEqual([])
  }, 30_000)

  it('opens one stream for a kind, over however many namespaces', async () => {
    const name = randomName('many')
    const spaces = [1, 2, 3].map(() => randomName('health'))
    const all: ObjectReference[] = []
    for (const space of spaces) {
      await plane.raw('POST', '/api/v1/namespaces', { metadata: { name: space } })
      plane.later(`/api/v1/namespaces/${space}`)
      all.push(await make('apps/v1', 'Deployment', name, workload(name, 1), space))
      all.push(await make('apps/v1', 'StatefulSet', name, workload(name, 1, 'never-ready'), space))
    }
    const deployments = all.filter(({ kind }) => kind === 'Deployment')
    expect((await wait(deployments)).problems).toEqual([])
    const before = plane.cluster.requests().WATCH ?? 0
    const healthy = await wait(all, { timeoutMs: 1_000 })
    expect(healthy.problems).toHaveLength(3)
    // One for each of the two kinds; where a workload isn't ready, its namespace's pods and ReplicaSets.
    expect((plane.cluster.requests().WATCH ?? 0) - before).toBe(2 + 3 * 2)
  })

  it('waits for custom objects by what their controllers say, and by the rules of the configuration', async () => {
    const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    const definition = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    await plane.raw('POST', definition, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.drydock-test.example', labels: { [partOfLabel]: id } },
      spec: {
        group: 'drydock-test.example',
        names: { plural: 'widgets', kind: 'Widget' },
        scope: 'Namespaced',
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: schema },
            subresources: { status: {} },
          },
        ],
      },
    })
    plane.later(`${definition}/widgets.drydock-test.example`)
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      name: 'widgets.drydock-test.example',
    }
    expect((await wait([crd])).problems).toEqual([])
    for (let served = false; !served; ) {
      served = (await plane.cluster.kinds({ fresh: true })).find('drydock-test.example/v1', 'Widget') !== undefined
    }
    const widget = await make('drydock-test.example/v1', 'Widget', randomName('widget'), { spec: { size: 2 } })
    const says = (status: object) => change(widget, { status }, '/status')
    const ready = (status: string, message: string) => ({
      observedGeneration: 1,
      size: 1,
      conditions: [{ type: 'Ready', status, reason: 'Working', message }],
    })

    const quiet = await wait([widget])
    expect(quiet.problems).toEqual([])
    expect(quiet.lines[0]).toContain('its controller has said nothing yet')

    await says(ready('False', 'making it'))
    const made = await wait([widget], { waiting: (now) => void (now.length > 0 && says(ready('True', 'made'))) })
    expect(made.lines[0]).toContain('Working: making it')
    expect(made.problems).toEqual([])

    const rules = [
      {
        group: 'drydock-test.example',
        kind: 'Widget',
        healthy: 'object.status.size == object.spec.size',
        degraded: 'has(object.status.broken) && object.status.broken',
      },
    ]
    const grown = await wait([widget], { rules, waiting: (now) => void (now.length > 0 && says({ size: 2 })) })
    expect(grown.lines[0]).toContain('not yet `object.status.size == object.spec.size`')
    expect(grown.problems).toEqual([])
    await says({ broken: true })
    const broken = await wait([widget], { rules })
    expect(broken.problems[0]?.code).toBe('unhealthy')
    expect(broken.problems[0]?.message).toContain('fulfils `has(object.status.broken) && object.status.broken`')
  }, 30_000)

  it('ends at once by its signal', async () => {
    const name = randomName('stop')
    const web = await make('apps/v1', 'Deployment', name, workload(name, 1, 'never-ready'))
    const stop = new AbortController()
    const reason = new Error('superseded')
    await expect(wait([web], { signal: stop.signal, waiting: () => stop.abort(reason) })).rejects.toBe(reason)
  })
})
