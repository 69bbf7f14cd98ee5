import { healthOf } from '../../src/core/health/health.ts'
import { parseJson } from '../../src/core/model/json.ts'
import { type JsonObject, type LiveObject, textAt } from '../../src/core/model/object.ts'
import { type ControlPlane, randomName } from '../adapters/kubernetes/control-plane.ts'

/** What happened in a namespace since the journal was begun. */
export type Journal = {
  readonly namespace: string
  /**
   * In the order in which the API server stored it: `+ Job migrate` made, `- Job migrate` deleted, and of workloads and Jobs
   * `= Job migrate` once it is healthy.
   */
  readonly lines: () => Promise<readonly string[]>
}

const containers = [{ name: 'none', image: 'none' }]
const workload = {
  replicas: 0,
  selector: { matchLabels: { app: 'journal' } },
  template: { metadata: { labels: { app: 'journal' } }, spec: { containers } },
}

/** The collections of a namespace that are watched, each with what a small object of it needs. */
const collections: readonly (readonly [path: string, spec: object | undefined])[] = [
  ['/api/v1/namespaces/NAME/configmaps', undefined],
  ['/api/v1/namespaces/NAME/secrets', undefined],
  ['/api/v1/namespaces/NAME/serviceaccounts', undefined],
  ['/api/v1/namespaces/NAME/services', { clusterIP: 'None', ports: [{ port: 1 }] }],
  ['/apis/apps/v1/namespaces/NAME/deployments', workload],
  ['/apis/apps/v1/namespaces/NAME/replicasets', workload],
  [
    '/apis/batch/v1/namespaces/NAME/jobs',
    { suspend: true, template: { spec: { restartPolicy: 'Never', containers } } },
  ],
]

/** Made by controllers, not by anybody whom a test looks at. */
const noise = new Set(['ConfigMap kube-root-ca.crt', 'ServiceAccount default'])

/**
 * Begins the journal of a namespace, which goes away with the plane.
 *
 * @param name of a namespace that the test makes; default: a new one
 */
export async function beginJournal(plane: ControlPlane, name?: string): Promise<Journal> {
  const namespace = name ?? randomName('order')
  if (name === undefined) await plane.raw('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  plane.later(`/api/v1/namespaces/${namespace}`)
  const { body } = await plane.raw('GET', '/api/v1/namespaces')
  const start = textAt(body as JsonObject, 'metadata', 'resourceVersion') ?? ''
  return {
    namespace,
    lines: async () => {
      const streams = collections.map(async ([path, spec]) => {
        const collection = path.replace('NAME', namespace)
        const marker = { metadata: { name: randomName('journal') }, ...(spec ? { spec } : {}) }
        const made = await plane.raw('POST', collection, marker)
        return between(plane, `${collection}?`, start, made.body)
      })
      const space = await plane.raw(
        'PATCH',
        `/api/v1/namespaces/${namespace}`,
        { metadata: { annotations: { journal: randomName('end') } } },
        { contentType: 'application/merge-patch+json' },
      )
      const query = `/api/v1/namespaces?fieldSelector=metadata.name%3D${namespace}&`
      const events = (await Promise.all([...streams, between(plane, query, start, space.body)])).flat()
      return tell(events.sort((one, other) => versionOf(one.object) - versionOf(other.object)))
    },
  }
}

type Event = { readonly type: string; readonly object: LiveObject }

function versionOf(object: LiveObject): number {
  return Number(object.metadata.resourceVersion)
}

/** The server replays what happened since a version; read until the state of the marker. */
async function between(
  { connection }: ControlPlane,
  path: string,
  start: string,
  marker: JsonObject,
): Promise<readonly Event[]> {
  const end = Number(textAt(marker, 'metadata', 'resourceVersion'))
  if (!Number.isInteger(end)) throw new Error(`no marker: ${JSON.stringify(marker)}`)
  const signal = AbortSignal.timeout(20_000)
  const { response, close } = await connection.stream(`${path}watch=1&resourceVersion=${start}`, signal)
  const events: Event[] = []
  let rest = ''
  try {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      events.push(...lines.map((line) => parseJson(line) as unknown as Event))
      if (events.some(({ object }) => versionOf(object) >= end)) break
    }
    return events
  } finally {
    close()
  }
}

function tell(events: readonly Event[]): readonly string[] {
  const healthy = new Set<string>()
  return events.flatMap(({ type, object }) => {
    const name = `${object.kind} ${object.metadata.name}`
    // What a controller made belongs to what it was made for.
    if (noise.has(name) || object.metadata.name.startsWith('journal-') || object.metadata.ownerReferences) return []
    if (type === 'ADDED') return [`+ ${name}`]
    if (type === 'DELETED') return [`- ${name}`]
    const { uid } = object.metadata
    const watched = ['Deployment', 'ReplicaSet', 'Job'].includes(object.kind) && !healthy.has(uid)
    if (!watched || healthOf(object).status !== 'healthy') return []
    healthy.add(uid)
    return [`= ${name}`]
  })
}
