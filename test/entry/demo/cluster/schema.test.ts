import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApiServer } from '../../../../src/entry/demo/cluster/api-server.ts'
import type { DemoCluster } from '../../../../src/entry/demo/cluster/demo-cluster.ts'
import types from '../../../../src/entry/demo/cluster/schema.json' with { type: 'json' }
import { talkTo } from './talk.ts'

const assets = process.env.KUBEBUILDER_ASSETS
if (!assets) process.stdout.write('skipped: KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver\n')

type OpenApi = {
  $ref?: string
  allOf?: OpenApi[]
  type?: string
  format?: string
  oneOf?: unknown
  items?: OpenApi
  properties?: Record<string, OpenApi>
  additionalProperties?: OpenApi
  'x-kubernetes-list-type'?: string
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-map-type'?: string
}

const scalars: Record<string, string> = { string: 's', integer: 'i', number: 'n', boolean: 'b' }
const lastPart = (name: string): string => name.split(/[./]/).at(-1) ?? ''

/** Every type that the roots lead to, in the notation of schema.json. */
function extract(schemas: Record<string, OpenApi>, roots: string[]): Record<string, string> {
  const out: Record<string, string> = {}
  const typeName = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1)
  const walk = (name: string): void => {
    if (out[lastPart(name)] !== undefined) return
    out[lastPart(name)] = ''
    const fields = Object.entries(schemas[name]?.properties ?? {}).sort(([left], [right]) => (left < right ? -1 : 1))
    out[lastPart(name)] = fields.map(([field, schema]) => `${field}:${notation(schema)}`).join(' ')
  }
  const referred = (reference: string, mapType: string | undefined): string => {
    const name = typeName(reference)
    const schema = schemas[name] ?? {}
    if (schema.properties) {
      walk(name)
      return `${(mapType ?? schema['x-kubernetes-map-type']) === 'atomic' ? '!' : '@'}${lastPart(name)}`
    }
    if (schema.oneOf || schema.format === 'int-or-string') return 'x'
    return schema.type === 'object' ? '*' : (scalars[schema.type ?? ''] ?? '?')
  }
  const notation = (schema: OpenApi): string => {
    const mapType = schema['x-kubernetes-map-type']
    const reference = schema.$ref ?? schema.allOf?.[0]?.$ref
    if (reference) return referred(reference, mapType)
    if (schema.format === 'int-or-string') return 'x'
    if (schema.type === 'array') {
      const listType = schema['x-kubernetes-list-type']
      const keys = { map: (schema['x-kubernetes-list-map-keys'] ?? []).join('|'), set: '=' }[listType ?? ''] ?? ''
      return `[${keys}]${notation(schema.items ?? {})}`
    }
    if (schema.type !== 'object') return scalars[schema.type ?? ''] ?? 'x'
    if (!schema.additionalProperties) return '*'
    return `${mapType === 'atomic' ? '!' : ''}{}${notation(schema.additionalProperties)}`
  }
  for (const root of roots) walk(root)
  return out
}

describe.skipIf(!assets)('schema.json', () => {
  let cluster: DemoCluster
  beforeAll(async () => {
    cluster = await startApiServer(assets ?? '')
  })
  afterAll(() => cluster?.close())

  it("is what the API server's own OpenAPI says of the demo's kinds", async () => {
    const talk = talkTo(cluster)
    const documents = await Promise.all(
      ['/openapi/v3/api/v1', '/openapi/v3/apis/apps/v1'].map((path) => talk.send('GET', path)),
    )
    await talk.close()
    const schemas = Object.assign(
      {},
      ...documents.map(({ body }) => (body.components as { schemas: Record<string, OpenApi> }).schemas),
    )
    const core = ['Namespace', 'ConfigMap', 'Secret', 'Service', 'ServiceAccount'].map((kind) => `core.v1.${kind}`)
    const roots = [...core, 'apps.v1.Deployment'].map((name) => `io.k8s.api.${name}`)
    expect(extract(schemas, roots)).toEqual(types)
  })
})
