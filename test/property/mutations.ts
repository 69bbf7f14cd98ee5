import fc from 'fast-check'
import type { ApiRequest } from '../../src/adapters/kubernetes/connection.ts'
import { isMap } from './oracle/raw.ts'
import type { Body } from './template.ts'

/** What somebody else does to one live object. */
export type Mutation = {
  /** Counts around the subjects of the case. */
  readonly target: number
  readonly how: (typeof ways)[number]
  readonly manager: string
  /** Which part, where there is a choice. */
  readonly pick: number
}

const ways = [
  'edit',
  'strategic',
  'apply',
  'apply-part',
  'put',
  'label',
  'unlabel',
  'strip',
  'scale',
  'delete',
  'drop',
] as const

const managers = ['kubectl-edit', 'kubectl-client-side-apply', 'kubectl-patch', 'some-controller', 'before-first-apply']

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  target: fc.nat(7),
  how: fc.constantFrom(...ways),
  manager: fc.constantFrom(...managers),
  pick: fc.nat(20),
})

/** RFC 7386: the patch that makes `to` of `from`. */
function mergePatch(from: Body, to: Body): Body {
  const patch: Body = {}
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [was, is] = [from[key], to[key]]
    if (!(key in to)) patch[key] = null
    else if (isMap(was) && isMap(is)) patch[key] = mergePatch(was, is)
    else if (JSON.stringify(was) !== JSON.stringify(is)) patch[key] = is
  }
  return patch
}

/** One subject as a mutation sees it: complete manifests. */
export type Target = {
  readonly path: string
  readonly base: Body
  readonly other: Body
  readonly live: Body | undefined
  readonly strategic: boolean
  readonly scalable: boolean
}

/** The requests of a mutation; whether the API server takes them is its business. */
export function requestsOf({ how, manager, pick }: Mutation, target: Target): readonly ApiRequest[] {
  const { path, base, other, live, strategic } = target
  const query = { fieldManager: manager }
  const patch = (type: string, body: unknown, more: Record<string, string> = {}): ApiRequest => ({
    method: 'PATCH',
    path,
    query: { ...query, ...more },
    contentType: `application/${type}`,
    body: body as never,
  })
  const merge = (body: unknown) => patch('merge-patch+json', body)
  switch (how) {
    case 'edit':
      return [merge(mergePatch(base, other))]
    case 'strategic':
      return [strategic ? patch('strategic-merge-patch+json', other) : merge(other)]
    case 'apply':
      return [patch('apply-patch+yaml', other, { force: 'true' })]
    case 'apply-part': {
      const parts = Object.keys(other).filter((key) => !['apiVersion', 'kind', 'metadata'].includes(key))
      const part = parts[pick % Math.max(1, parts.length)]
      const { apiVersion, kind, metadata } = other as Body & { metadata: Body }
      const bare = { apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace } }
      return [patch('apply-patch+yaml', part ? { ...bare, [part]: other[part] } : bare, { force: 'true' })]
    }
    case 'put':
      return live ? [{ method: 'PUT', path, query, body: overlaid(live, other) as never }] : []
    case 'label':
      return [merge({ metadata: { labels: { tier: 'by-hand' }, annotations: { [`by-hand-${pick % 2}`]: 'yes' } } })]
    case 'unlabel':
      return [merge({ metadata: { labels: pick % 2 ? null : { 'applyset.kubernetes.io/part-of': null } } })]
    case 'strip':
      return [merge({ metadata: { managedFields: [{}] } })]
    case 'scale':
      return target.scalable
        ? [{ ...merge({ spec: { replicas: pick % 3 } }), path: `${path}/scale`, query: { fieldManager: 'kubectl' } }]
        : []
    case 'delete':
      return pick % 3 === 0 ? [{ method: 'DELETE', path, query: { propagationPolicy: 'Background' } }] : []
    case 'drop': {
      const parts = isMap(base.spec) ? Object.keys(base.spec).map((key) => ['spec', key]) : []
      const part = parts[pick % Math.max(1, parts.length)]
      return part ? [merge({ [part[0] ?? '']: { [part[1] ?? '']: null } })] : [merge({ data: null })]
    }
  }
}

/** As `kubectl replace` of an edited file: all that is live, with another's values in it. */
function overlaid(live: Body, other: Body): Body {
  const result: Body = { ...live }
  for (const [key, value] of Object.entries(other)) {
    const was = result[key]
    result[key] = isMap(was) && isMap(value) ? overlaid(was, value) : value
  }
  return result
}
