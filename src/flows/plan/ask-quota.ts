import pLimit from 'p-limit'
import type { Problem } from '../../core/model/errors.ts'
import type { KubeObject, LiveObject } from '../../core/model/object.ts'
import { defaultsOf } from '../../core/plan/pod-usage.ts'
import {
  exceeded,
  grows,
  limitsClaims,
  limitsCompute,
  makesClaims,
  type Planned,
  type Surroundings,
} from '../../core/plan/quota.ts'
import { whyUnknown } from '../../core/plan/server-words.ts'
import type { Cluster } from '../ports.ts'
import { retrying } from '../sync/retry.ts'

/** Namespaces that are asked about at a time. */
const parallel = 8

/**
 * Sums what a plan asks for over its objects and says which quotas it would exceed: the API server judges each object
 * alone, and pods only when they are made. One list of quotas for each namespace where something grows, nothing where
 * nothing does. `note` is told what could not be read. Throws `cluster-unreachable`.
 */
export async function askQuota(
  cluster: Cluster,
  planned: readonly Planned[],
  note: (text: string) => void = () => undefined,
): Promise<readonly Problem[]> {
  const kinds = await cluster.kinds()
  const resourceOf = (object: KubeObject) => kinds.find(object.apiVersion, object.kind)?.resource
  const spaces = Map.groupBy(planned, ({ after }) => after.metadata.namespace ?? '')
  spaces.delete('')
  const limit = pLimit(parallel)
  const asked = [...spaces]
    .filter(([, objects]) => objects.some((each) => grows(each, { resourceOf })))
    .map(([namespace, objects]) => limit(() => inNamespace(cluster, namespace, objects, { resourceOf }, note)))
  return (await Promise.all(asked)).flat()
}

async function inNamespace(
  cluster: Cluster,
  namespace: string,
  planned: readonly Planned[],
  around: Surroundings,
  note: (text: string) => void,
): Promise<readonly Problem[]> {
  const list = async (kind: string): Promise<readonly LiveObject[] | undefined> => {
    try {
      return await retrying(() => cluster.list('v1', kind, { namespace }))
    } catch (thrown) {
      note(`Whether the quotas of namespace ${namespace} allow this plan is unknown: ${whyUnknown(thrown)}.`)
      return undefined
    }
  }
  const quotas = (await list('ResourceQuota')) ?? []
  const ranges = quotas.some(limitsCompute) ? await list('LimitRange') : undefined
  const claims =
    quotas.some(limitsClaims) && planned.some(makesClaims) ? await list('PersistentVolumeClaim') : undefined
  const surroundings: Surroundings = {
    ...around,
    ...(ranges ? { defaults: defaultsOf(ranges) } : {}),
    ...(claims ? { claims: new Set(claims.map((claim) => claim.metadata.name)) } : {}),
  }
  return quotas.flatMap((quota) => exceeded(quota, planned, surroundings))
}
