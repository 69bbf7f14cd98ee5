import { isArray, isObject, type Json, type KubeObject, type LiveObject } from '../../core/model/object.ts'
import type { ApplyAnswer, Cluster } from '../ports.ts'
import { retrying } from '../sync/retry.ts'

/** Asks how an object would be stored that is created again, under a name that nobody has. Throws `cluster-refused`. */
export async function previewAnew(cluster: Cluster, desired: KubeObject): Promise<ApplyAnswer> {
  const { name } = desired.metadata
  const other = `${name.slice(0, 40)}-drydock-dry-run`
  const answer = await retrying(() =>
    cluster.previewApply({ ...desired, metadata: { ...desired.metadata, name: other } }),
  )
  // Labels and the like may repeat the name.
  return { ...answer, object: renamed(answer.object, other, name) as LiveObject }
}

function renamed(value: Json, from: string, to: string): Json {
  if (typeof value === 'string') return value.replaceAll(from, to)
  if (isArray(value)) return value.map((each) => renamed(each, from, to))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, each === undefined ? each : renamed(each, from, to)]),
  )
}
