import { mayChangeNamespace, type ServerCluster } from '../../core/config/server.ts'
import { DrydockError } from '../../core/model/errors.ts'
import { fieldManager } from '../../core/model/inventory.ts'
import type { KindInfo, Kinds } from '../../core/model/kinds.ts'
import {
  at,
  isArray,
  type Json,
  type JsonObject,
  type KubeObject,
  type LiveObject,
  type ManagedFields,
  numberAt,
  textAt,
} from '../../core/model/object.ts'
import { describeReference, identityOf, type ObjectReference, referenceOf } from '../../core/model/reference.ts'
import type { AuthorisedPlan } from '../../core/policy/authorise.ts'
import type { ApplyAnswer, Cluster, ClusterWriter } from '../../flows/ports.ts'
import type { Connection } from './connection.ts'
import { discover } from './discovery.ts'
import { observe, watch } from './observe.ts'
import { parentsOn } from './parents.ts'
import { pathOf } from './paths.ts'
import { refusalOf, withoutSecrets } from './refusal.ts'

/** A cluster over one connection. Preview and write are the same request, with and without `dryRun=All`. */
export function clusterOn(
  name: string,
  connection: Connection,
  limits: Pick<ServerCluster, 'namespaces'> = {},
): Cluster {
  const allows = (reference: ObjectReference): boolean => {
    if (!limits.namespaces) return true
    const isNamespace = reference.kind === 'Namespace' && reference.apiVersion === 'v1'
    const namespace = isNamespace ? reference.name : reference.namespace
    return namespace !== undefined && mayChangeNamespace(limits, namespace)
  }

  const parents = parentsOn(connection)
  let known: Promise<Kinds> | undefined
  const kinds = (options?: { readonly fresh?: boolean }): Promise<Kinds> => {
    if (known === undefined || options?.fresh) {
      known = discover(connection)
      known.catch(() => {
        known = undefined
      })
    }
    return known
  }

  const kindOf = async (reference: ObjectReference): Promise<KindInfo> => {
    const { apiVersion, kind } = reference
    const info = (await kinds()).find(apiVersion, kind)
    if (info) return info
    throw new DrydockError('unknown-kind', `The cluster does not serve ${kind} of ${apiVersion}.`)
  }

  const get = async (reference: ObjectReference): Promise<LiveObject | undefined> => {
    const kind = await kindOf(reference)
    const answer = await connection.send({ method: 'GET', path: pathOf(kind, reference.namespace, reference.name) })
    if (answer.status === 404) return undefined
    if (answer.status !== 200) throw refusalOf(answer, reference)
    return answer.body as LiveObject
  }

  const apply = async (
    object: KubeObject,
    dryRun: { readonly dryRun?: 'All' },
    { validate = true }: { readonly validate?: boolean } = {},
  ): Promise<ApplyAnswer> => {
    const reference = referenceOf(object)
    const kind = await kindOf(reference)
    const answer = await connection.send({
      method: 'PATCH',
      path: pathOf(kind, reference.namespace, reference.name),
      query: { fieldManager, force: 'true', fieldValidation: validate ? 'Strict' : 'Warn', ...dryRun },
      contentType: 'application/apply-patch+yaml',
      body: object,
    })
    if (answer.status !== 200 && answer.status !== 201) throw refusalOf(answer, reference, object)
    return {
      object: answer.body as LiveObject,
      created: answer.status === 201,
      warnings: answer.warnings.map((each) => withoutSecrets(each, object)),
    }
  }

  const remove = async (
    reference: ObjectReference,
    body: JsonObject,
    dryRun: { readonly dryRun?: 'All' },
  ): Promise<void> => {
    const kind = await kindOf(reference)
    const answer = await connection.send({
      method: 'DELETE',
      path: pathOf(kind, reference.namespace, reference.name),
      query: { ...dryRun },
      body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', ...body },
    })
    if (answer.status >= 400 && answer.status !== 404) throw refusalOf(answer, reference)
  }

  const update = async (object: LiveObject, query: Readonly<Record<string, string>>): Promise<LiveObject> => {
    const reference = referenceOf(object)
    const kind = await kindOf(reference)
    const answer = await connection.send({
      method: 'PUT',
      path: pathOf(kind, reference.namespace, reference.name),
      query: { fieldManager, fieldValidation: 'Ignore', ...query },
      body: object,
    })
    if (answer.status !== 200) throw refusalOf(answer, reference, object)
    return answer.body as LiveObject
  }

  const fold = async (live: LiveObject, managedFields: readonly ManagedFields[]): Promise<void> => {
    const reference = referenceOf(live)
    const kind = await kindOf(reference)
    const answer = await connection.send({
      method: 'PATCH',
      path: pathOf(kind, reference.namespace, reference.name),
      query: { fieldManager },
      contentType: 'application/json-patch+json',
      // The version in the object makes the server refuse what was computed from an older one (KEP-555's csaupgrade).
      body: [
        { op: 'replace', path: '/metadata/managedFields', value: managedFields },
        { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
      ],
    })
    if (answer.status !== 200) throw refusalOf(answer, reference)
  }

  const writer = (authorised: AuthorisedPlan): ClusterWriter => {
    const { plan } = authorised
    const restored = plan.drift.filter((drift) => drift.onSync === 'restored')
    const applies = new Set(
      [...plan.changes.filter((change) => change.action !== 'delete'), ...restored].map(identityOf),
    )
    const deletes = new Set(
      plan.changes.filter((change) => ['delete', 'replace'].includes(change.action) || change.hook).map(identityOf),
    )
    const allow = (allowed: ReadonlySet<string>, reference: ObjectReference): void => {
      if (allowed.has(identityOf(reference)) && allows(reference)) return
      throw new DrydockError(
        'forbidden-target',
        `${describeReference(reference)} is not in the plan that was authorised.`,
      )
    }
    return {
      apply: async (object, options) => {
        allow(applies, referenceOf(object))
        return apply(object, {}, options)
      },
      fold: async (live, managedFields) => {
        allow(applies, referenceOf(live))
        await fold(live, managedFields)
      },
      delete: async (reference, uid, { propagation = 'Background' } = {}) => {
        allow(deletes, reference)
        await remove(reference, { preconditions: { uid }, propagationPolicy: propagation }, {})
      },
      saveInventory: parents.save,
    }
  }

  return {
    name,
    allows,
    kinds,
    get,
    writer,
    identify: async () => {
      const [system, version] = await Promise.all([
        connection.send({ method: 'GET', path: '/api/v1/namespaces/kube-system' }),
        connection.send({ method: 'GET', path: '/version' }),
      ])
      const uid = textAt(system.body, 'metadata', 'uid')
      const gitVersion = textAt(version.body, 'gitVersion')
      if (!uid || !gitVersion) {
        const why = textAt(system.body, 'message') ?? textAt(version.body, 'message') ?? `HTTP ${system.status}`
        throw new DrydockError('cluster-unreachable', `The cluster "${name}" did not say who it is: ${why}`, {
          hint: 'The credentials must be able to read the namespace kube-system: its UID identifies the cluster.',
        })
      }
      return { uid, version: gitVersion }
    },
    list: async (apiVersion, kind, options = {}) => {
      const reference = { apiVersion, kind, name: '*', ...(options.namespace ? { namespace: options.namespace } : {}) }
      const info = await kindOf(reference)
      const found: LiveObject[] = []
      let next: string | undefined
      do {
        const query = {
          limit: '500',
          ...(options.labelSelector ? { labelSelector: options.labelSelector } : {}),
          ...(options.fieldSelector ? { fieldSelector: options.fieldSelector } : {}),
          ...(next ? { continue: next } : {}),
        }
        const answer = await connection.send({
          method: 'GET',
          path: pathOf(info, options.namespace),
          query,
          ...(options.metadata ? { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' } : {}),
        })
        if (answer.status !== 200) throw refusalOf(answer, reference)
        const items = at(answer.body, 'items')
        const typed = (item: Json) => ({ ...(item as JsonObject), apiVersion, kind }) as LiveObject
        found.push(...(isArray(items) ? items.map(typed) : []))
        next = textAt(answer.body, 'metadata', 'continue') || undefined
      } while (next)
      return found
    },
    previewApply: (object, options) => apply(object, { dryRun: 'All' }, options),
    previewUpdate: (object) => update(object, { dryRun: 'All' }),
    count: async (apiVersion, kind, namespace) => {
      const reference = { apiVersion, kind, name: '*', ...(namespace ? { namespace } : {}) }
      const info = await kindOf(reference)
      const answer = await connection.send({ method: 'GET', path: pathOf(info, namespace), query: { limit: '1' } })
      if (answer.status !== 200) throw refusalOf(answer, reference)
      const items = at(answer.body, 'items')
      return (isArray(items) ? items.length : 0) + (numberAt(answer.body, 'metadata', 'remainingItemCount') ?? 0)
    },
    previewDelete: (reference) => remove(reference, { dryRun: ['All'] }, { dryRun: 'All' }),
    inventory: parents.read,
    observe: async (references, seen, options) => {
      const served = await kinds()
      const find = (reference: ObjectReference): KindInfo => {
        const info = served.find(reference.apiVersion, reference.kind)
        if (info) return info
        throw new DrydockError(
          'unknown-kind',
          `The cluster does not serve ${reference.kind} of ${reference.apiVersion}.`,
        )
      }
      await observe(connection, find, references, seen, options)
    },
    requests: () => Object.fromEntries(connection.counts),
    watch: async (apiVersion, kind, seen, options) =>
      watch(connection, await kindOf({ apiVersion, kind, name: '*' }), seen, options),
    saveMarks: parents.saveMarks,
    close: () => connection.close(),
  }
}
