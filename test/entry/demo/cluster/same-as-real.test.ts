import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApiServer } from '../../../../src/entry/demo/cluster/api-server.ts'
import type { DemoCluster } from '../../../../src/entry/demo/cluster/demo-cluster.ts'
import { startInMemoryCluster } from '../../../../src/entry/demo/cluster/in-memory.ts'
import { deployment, paths, type Said, type Talk, talkTo } from './talk.ts'

const assets = process.env.KUBEBUILDER_ASSETS
if (!assets) process.stdout.write('skipped: KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver\n')

/** Everything but identity and times, which no two servers share. */
function comparable(said: Said): unknown {
  const clean = (value: unknown, key = ''): unknown => {
    if (['uid', 'resourceVersion', 'time', 'clusterIP', 'nodePort'].includes(key) || /Timestamp$|Time$/.test(key)) {
      return value === 'None' ? value : `<${key}>`
    }
    if (Array.isArray(value)) {
      if (key === 'clusterIPs' && value[0] !== 'None') return ['<clusterIP>']
      const items = value.map((item) => clean(item))
      // The order of these says nothing, and depends on the second at which each was written.
      return key === 'managedFields' || key === 'causes' ? items.sort(byText) : items
    }
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, clean(item, name)]))
    }
    if (key !== 'message' || typeof value !== 'string') return value
    return value
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uid>')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
      .split('\n')
      .sort()
      .join('\n')
  }
  return { status: said.status, body: clean(said.body), warnings: said.warnings }
}

const byText = (left: unknown, right: unknown): number => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1)

/** A conversation in a namespace of its own: its answers must be the same on both servers. */
type Conversation = (talk: Talk, at: ReturnType<typeof paths>) => AsyncGenerator<Said>

const strict = 'fieldManager=drydock&force=true&fieldValidation=Strict'
const service = (spec: object, name = 'web') => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }], ...spec },
})
const configMap = (data: object, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'web', ...('metadata' in more ? (more.metadata as object) : {}) },
  data,
  ...('immutable' in more ? { immutable: more.immutable } : {}),
})

const conversations: Record<string, Conversation> = {
  'a Deployment is planned, made, and applied again': async function* ({ apply }, at) {
    yield await apply(at.deployment('web'), deployment(), `${strict}&dryRun=All`)
    yield await apply(at.deployment('web'), deployment())
    yield await apply(at.deployment('web'), deployment())
    yield await apply(
      at.deployment('web'),
      deployment((it) => Object.assign(it.spec, { replicas: 3, minReadySeconds: 0, paused: false })),
    )
  },
  'fields that are no longer sent go away': async function* ({ apply }, at) {
    yield await apply(at.deployment('web'), deployment())
    yield await apply(
      at.deployment('web'),
      deployment((it) => {
        const [container = {}] = it.spec.template.spec.containers
        for (const key of ['readinessProbe', 'envFrom', 'securityContext', 'livenessProbe']) delete container[key]
        container.env = [
          { name: 'NEW', value: '' },
          { name: 'LEVEL', value: 'debug' },
        ]
        container.ports = [{ containerPort: 9090 }]
        container.resources = {}
        it.metadata.annotations = { note: 'x' }
        it.spec.template.spec.volumes = [{ name: 'scratch' }]
        container.volumeMounts = [{ name: 'scratch', mountPath: '/scratch' }]
      }),
    )
    yield await apply(at.deployment('web'), deployment())
  },
  'a second container, an init container and the order of lists': async function* ({ apply }, at) {
    const extra = { name: 'log', image: 'log' }
    yield await apply(
      at.deployment('web'),
      deployment((it) => {
        it.spec.template.spec.containers.unshift(extra)
        it.spec.template.spec.initContainers = [{ name: 'init', image: 'init@sha256:abc', args: ['a', 'b'] }]
        it.spec.strategy = { type: 'Recreate' }
      }),
    )
    yield await apply(
      at.deployment('web'),
      {
        ...deployment(),
        spec: { ...deployment().spec, template: { spec: { containers: [{ name: 'side', image: 'side:1' }] } } },
      },
      'fieldManager=side&force=true',
    )
    yield await apply(
      at.deployment('web'),
      deployment((it) => it.spec.template.spec.containers.push(extra)),
    )
  },
  "somebody's edit is kept apart and taken back by force": async function* ({ apply, edit }, at) {
    yield await apply(at.deployment('web'), deployment())
    yield await edit(at.deployment('web'), { spec: { replicas: 5 }, metadata: { annotations: { by: 'hand' } } })
    yield await apply(at.deployment('web'), deployment(), 'fieldManager=drydock')
    yield await apply(at.deployment('web'), deployment(), `${strict}&dryRun=All`)
    yield await apply(at.deployment('web'), deployment())
  },
  'another manager that applies without force is refused': async function* ({ apply }, at) {
    yield await apply(at.deployment('web'), deployment())
    const other = deployment((it) => {
      it.spec.replicas = 4
      Object.assign(it.spec.template.spec.containers[0] ?? {}, { image: 'web:2' })
    })
    yield await apply(at.deployment('web'), other, 'fieldManager=other')
    yield await apply(at.deployment('web'), other, 'fieldManager=other&force=true')
    yield await apply(at.deployment('web'), deployment())
  },
  'bad Deployments are refused': async function* ({ apply, send }, at) {
    const bad = (change: Parameters<typeof deployment>[0]) => apply(at.deployment('web'), deployment(change))
    yield await bad((it) => Object.assign(it.spec, { replica: 3 }))
    yield await bad((it) => Object.assign(it.spec, { replicas: 'two' }))
    yield await bad((it) => Object.assign(it.spec, { replicas: -1 }))
    yield await bad((it) => Object.assign(it.metadata, { namespace: 'elsewhere' }))
    yield await bad((it) => Object.assign(it.metadata, { name: 'other' }))
    yield await bad((it) => Object.assign(it, { kind: 'Deploymnt' }))
    yield await bad((it) => delete it.spec.template.spec.containers[0]?.image)
    yield await bad((it) => Object.assign(it.spec.template.spec.containers[0] ?? {}, { imag: 'x' }))
    yield await bad((it) =>
      Object.assign(it.spec.template.spec.containers[0] ?? {}, { env: [{ name: 'A', value: 1 }] }),
    )
    yield await bad((it) =>
      Object.assign(it.spec.template.spec.containers[0] ?? {}, { env: [{ name: 'A' }, { name: 'A' }] }),
    )
    yield await bad((it) => Object.assign(it.spec.template.metadata, { labels: { app: 'other' } }))
    yield await bad((it) => Object.assign(it.spec, { selector: undefined }))
    yield await apply(at.deployment('web'), deployment(), '')
    yield await send('PATCH', at.deployment('web'), '{}', 'text/plain')
    yield await send('GET', at.deployment('web'))
  },
  'the selector is immutable': async function* ({ apply }, at) {
    yield await apply(at.deployment('web'), deployment())
    const other = deployment((it) => {
      it.spec.selector = { matchLabels: { app: 'other' } }
      it.spec.template.metadata = { labels: { app: 'other' } }
    })
    yield await apply(at.deployment('web'), other, `${strict}&dryRun=All`)
  },
  'create, update and strict decoding': async function* ({ send, edit }, at) {
    const collection = at.deployment('').slice(0, -1)
    const wrong = deployment((it) => Object.assign(it.spec, { replica: 3 }))
    yield await send('POST', `${collection}?fieldValidation=Strict`, wrong)
    yield await send('POST', `${collection}?fieldManager=kubectl-create`, wrong)
    yield await send('POST', collection, deployment())
    yield await edit(at.deployment('web'), { spec: { replica: 3 } })
    yield await edit(at.deployment('none'), { spec: { replica: 3 } })
    const live = (await send('GET', at.deployment('web'))).body
    yield await send('PUT', `${at.deployment('web')}?fieldManager=put`, {
      ...live,
      spec: { ...(live.spec as object), replicas: 4 },
    })
    yield await send('PUT', at.deployment('web'), live)
    yield await edit(at.deployment('web'), { metadata: { managedFields: [{}] } })
  },
  'what was created without owners belongs to before-first-apply': async function* ({ send, edit, apply }, at) {
    yield await send('POST', at.deployment('').slice(0, -1), deployment())
    yield await edit(at.deployment('web'), { metadata: { managedFields: [{}] } })
    yield await apply(at.deployment('web'), deployment())
  },
  Services: async function* ({ apply, edit, send }, at) {
    yield await apply(at.service('web'), service({}))
    yield await apply(at.service('web'), service({}))
    yield await apply(at.service('web'), service({ ports: [{ port: 80 }, { port: 81, name: 'b' }] }))
    yield await apply(
      at.service('web'),
      service({
        ports: [
          { port: 80, name: 'a' },
          { port: 81, name: 'b' },
        ],
      }),
    )
    yield await edit(at.service('web'), { spec: { selector: { app: 'other' } } })
    yield await apply(at.service('web'), service({ clusterIP: '10.0.0.250' }))
    yield await apply(at.service('web'), service({ ports: [] }))
    yield await apply(at.service('head'), service({ clusterIP: 'None' }, 'head'))
    yield await apply(at.service('node'), service({ type: 'NodePort' }, 'node'))
    yield await apply(at.service('load'), service({ type: 'LoadBalancer' }, 'load'))
    yield await apply(at.service('1x'), service({}, '1x'))
    yield await send('POST', at.service('').slice(0, -1), service({}, 'posted'))
  },
  'ConfigMaps, Secrets and ServiceAccounts': async function* ({ apply, send, edit }, at) {
    yield await apply(at.configMap('web'), configMap({ a: '1', empty: '' }, { metadata: { labels: { x: 'y' } } }))
    yield await edit(at.configMap('web'), { data: { a: '2', b: '3' } })
    yield await apply(at.configMap('web'), configMap({ a: '1' }))
    yield await apply(at.configMap('web'), configMap({ a: 1 }))
    yield await apply(at.configMap('web'), configMap({ a: '1' }, { immutable: true }))
    yield await apply(at.configMap('web'), configMap({ a: '2' }, { immutable: true }))
    yield await apply(at.configMap('web'), configMap({}, { metadata: { resourceVersion: '1' } }))
    yield await apply(at.configMap('Bad_Name'), configMap({}, { metadata: { name: 'Bad_Name' } }))
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }
    yield await apply(at.secret('s'), { ...secret, data: { a: 'Yg==' }, stringData: { b: 'c' } })
    yield await apply(at.secret('s'), { ...secret, data: { a: 'Yg==' } })
    yield await apply(at.secret('s'), { ...secret, type: 'other' })
    yield await apply(at.secret('s'), { ...secret, data: { a: '!' } })
    yield await apply(at.serviceAccount('sa'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'sa' } })
    yield await send('GET', `${at.configMap('')}`.slice(0, -1))
    yield await send('GET', `${at.configMap('').slice(0, -1)}?labelSelector=x%3Dy`)
    yield await send('GET', `${at.configMap('').slice(0, -1)}?fieldSelector=metadata.name%3Dweb`)
  },
  'objects of which nobody owns a field': async function* ({ apply }, at) {
    const bare = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bare' } }
    yield await apply(at.serviceAccount('bare'), bare)
    yield await apply(at.serviceAccount('bare'), bare)
    yield await apply(at.configMap('web'), { ...bare, kind: 'ConfigMap', metadata: { name: 'web' } })
    yield await apply(at.configMap('web'), { ...bare, kind: 'ConfigMap', metadata: { name: 'web' } })
    const name = at.namespace.split('/').at(-1)
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
    yield await apply(at.namespace, namespace)
    yield await apply(at.namespace, namespace)
    yield await apply(at.namespace, { ...namespace, metadata: { name, labels: { team: 'a' } } })
    yield await apply(at.namespace, namespace)
  },
  'deletions and what is missing': async function* ({ apply, send }, at) {
    yield await apply(at.configMap('web'), configMap({ a: '1' }))
    const preconditions = (uid: string) => ({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } })
    yield await send('DELETE', at.configMap('web'), preconditions('another'))
    yield await send('DELETE', `${at.configMap('web')}?dryRun=All`)
    yield await send('DELETE', `${at.configMap('web')}?propagationPolicy=Background`)
    yield await send('DELETE', at.configMap('web'))
    yield await send('GET', at.configMap('web'))
    yield await apply(paths('nowhere').configMap('web'), configMap({}))
    yield await apply(paths('nowhere').configMap('web'), configMap({}), `${strict}&dryRun=All`)
    yield await send('GET', paths('nowhere').configMap('web'))
  },
}

describe.skipIf(!assets)('the stand-in answers as the real API server does', () => {
  let standIn: DemoCluster
  let real: DemoCluster
  beforeAll(async () => {
    standIn = await startInMemoryCluster()
    real = await startApiServer(assets ?? '')
  })
  afterAll(async () => {
    await standIn?.close()
    await real?.close()
  })

  const hold = async (talk: Talk, namespace: string, conversation: Conversation): Promise<unknown[]> => {
    const at = paths(namespace)
    const answers = [
      await talk.apply(at.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
    ]
    // Statuses are the controller's business, and come whenever they come.
    for await (const said of conversation(talk, at)) answers.push(said)
    return answers.map((said) => comparable(withoutStatus(said)))
  }

  it.each(Object.entries(conversations))('%s', async (name, conversation) => {
    const namespace = `case-${Object.keys(conversations).indexOf(name)}`
    const [mine, theirs] = [talkTo(standIn), talkTo(real)]
    expect(await hold(mine, namespace, conversation)).toEqual(await hold(theirs, namespace, conversation))
    await mine.close()
    await theirs.close()
  })
})

function withoutStatus(said: Said): Said {
  const { status, ...body } = said.body
  if (body.kind !== 'Deployment') return said
  const metadata = body.metadata as { managedFields?: { subresource?: string }[] }
  const managedFields = metadata.managedFields?.filter((entry) => entry.subresource !== 'status')
  return { ...said, body: { ...body, metadata: { ...metadata, ...(managedFields ? { managedFields } : {}) } } }
}
