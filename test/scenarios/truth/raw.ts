import { connect } from '../../../src/adapters/kubernetes/connection.ts'
import type { Json, JsonObject, LiveObject } from '../../../src/core/model/object.ts'

/** The API server as other people's tools see it: raw requests, nothing of Drydock's diff. */
export type Raw = {
  /** `undefined` when there is none. */
  readonly get: (path: string) => Promise<LiveObject | undefined>
  readonly create: (path: string, object: JsonObject, manager?: string) => Promise<void>
  /** A merge patch, or a JSON patch for a list, by another field manager. */
  readonly edit: (path: string, patch: Json, manager?: string) => Promise<void>
  readonly apply: (path: string, object: JsonObject, manager: string) => Promise<void>
  readonly remove: (path: string) => Promise<void>
  /** Makes what a manager did look as old as that. */
  readonly age: (path: string, manager: string, days: number) => Promise<void>
  /** Would the server refuse this creation, or without an object this deletion? */
  readonly wouldRefuse: (path: string, object?: JsonObject) => Promise<boolean>
  /** Every object of a namespace that a person or Drydock may have made, by `Kind name`. */
  readonly namespace: (name: string, more?: readonly string[]) => Promise<Snapshot>
  readonly close: () => Promise<void>
}

/** Objects as the API server answers them, by `Kind name`. */
export type Snapshot = ReadonlyMap<string, LiveObject>

const looked = [
  'api/v1/namespaces/NS/configmaps',
  'api/v1/namespaces/NS/secrets',
  'api/v1/namespaces/NS/services',
  'api/v1/namespaces/NS/persistentvolumeclaims',
  'apis/apps/v1/namespaces/NS/deployments',
]

/** Opens the cluster of a kubeconfig. */
export async function openRaw(kubeconfig: string): Promise<Raw> {
  const connection = await connect({ kubeconfig })
  const ask = async (request: Parameters<typeof connection.send>[0], allowed: readonly number[] = []) => {
    const answer = await connection.send(request)
    if (answer.status < 300 || allowed.includes(answer.status)) return answer
    throw new Error(`${request.method} ${request.path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  }
  const get = async (path: string) => {
    const answer = await ask({ method: 'GET', path }, [404])
    return answer.status === 404 ? undefined : (answer.body as unknown as LiveObject)
  }
  return {
    get,
    create: async (path, body, manager = 'kubectl-create') =>
      void (await ask({ method: 'POST', path, body, query: { fieldManager: manager } })),
    edit: async (path, body, manager = 'kubectl-edit') => {
      const contentType = Array.isArray(body) ? 'application/json-patch+json' : 'application/merge-patch+json'
      await ask({ method: 'PATCH', path, body, contentType, query: { fieldManager: manager } })
    },
    apply: async (path, body, manager) => {
      const query = { fieldManager: manager, force: 'true' }
      await ask({ method: 'PATCH', path, body, contentType: 'application/apply-patch+yaml', query })
    },
    remove: async (path) => void (await ask({ method: 'DELETE', path }, [404])),
    age: async (path, manager, days) => {
      const time = new Date(Date.now() - days * 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z')
      const entries = (await get(path))?.metadata.managedFields ?? []
      const value = entries.map((entry) => (entry.manager === manager ? { ...entry, time } : entry)) as unknown as Json
      // The server takes a request for none that changes nothing but times.
      const add = { op: 'add', path: '/metadata/finalizers', value: ['example.com/aged'] }
      const body = [{ op: 'replace', path: '/metadata/managedFields', value }, add]
      const request = { method: 'PATCH', path, query: { fieldManager: 'clock' } } as const
      const contentType = 'application/json-patch+json'
      await ask({ ...request, contentType, body })
      await ask({ ...request, contentType, body: [{ op: 'remove', path: add.path }] })
    },
    wouldRefuse: async (path, body) => {
      const request = body ? ({ method: 'POST', body } as const) : ({ method: 'DELETE' } as const)
      return (await connection.send({ ...request, path, query: { dryRun: 'All' } })).status >= 400
    },
    namespace: async (name, more = []) => {
      const lists = await Promise.all([...looked, ...more].map((path) => get(`/${path.replace('NS', name)}`)))
      const found = lists.flatMap((list) => {
        const { kind = '', items = [] } = (list ?? {}) as { kind?: string; items?: readonly LiveObject[] }
        return items.map((item) => [`${kind.replace(/List$/, '')} ${item.metadata.name}`, item] as const)
      })
      return new Map(found.filter(([key]) => key !== 'ConfigMap kube-root-ca.crt'))
    },
    close: connection.close,
  }
}

/** What differs between two looks at a namespace, in words: an oracle that knows nothing of plans. */
export function differences(before: Snapshot, after: Snapshot): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((key) => {
    const [one, other] = [before.get(key), after.get(key)]
    if (!one || !other) return [`${key}: ${one ? 'deleted' : 'created'}`]
    if (one.metadata.uid !== other.metadata.uid) return [`${key}: replaced`]
    return compare(bare(one), bare(other), '').map((each) => `${key} ${each}`)
  })
}

/** Without what the server and its controllers keep for themselves. */
function bare(object: LiveObject): Json {
  const { labels = {}, annotations = {}, name } = object.metadata
  const { 'applyset.kubernetes.io/part-of': _label, ...theirs } = labels
  const { 'deployment.kubernetes.io/revision': _revision, ...said } = annotations
  return { ...(object as unknown as JsonObject), status: null, metadata: { name, labels: theirs, annotations: said } }
}

function compare(one: Json | undefined, other: Json | undefined, path: string): readonly string[] {
  if (JSON.stringify(one) === JSON.stringify(other)) return []
  const [before, after] = [fieldsOf(one), fieldsOf(other)]
  if (!before || !after) return [`${path}: ${say(one)} → ${say(other)}`]
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return keys.flatMap((key) => compare(before[key], after[key], `${path}/${key}`))
}

/** The fields of an object, or the items of a list whose items have names. */
function fieldsOf(value: Json | undefined): JsonObject | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return value as JsonObject
  const names = value.map((item) => (item as { name?: Json } | null)?.name)
  return names.every((name) => typeof name === 'string')
    ? Object.fromEntries(value.map((item, index) => [String(names[index]), item as Json]))
    : undefined
}

function say(value: Json | undefined): string {
  return value === undefined ? 'absent' : JSON.stringify(value)
}
