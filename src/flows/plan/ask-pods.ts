import pLimit from 'p-limit'
import { problem } from '../../core/model/errors.ts'
import type { Manifest, SourcePosition } from '../../core/model/manifest.ts'
import type { KubeObject } from '../../core/model/object.ts'
import { describeReference, identityOf, referenceOf } from '../../core/model/reference.ts'
import { ClusterRefusal } from '../../core/model/refusal.ts'
import {
  isMade,
  type Makes,
  missingIn,
  newWarnings,
  type PodFinding,
  podOf,
  templatePath,
  withOwner,
  without,
} from '../../core/plan/pods.ts'
import { serverWords } from '../../core/plan/server-words.ts'
import type { Cluster } from '../ports.ts'
import { retrying } from '../sync/retry.ts'

/** Requests at a time. */
const parallel = 8

/** An object that the API server accepted, as it would be stored. */
export type ChangedObject = {
  readonly manifest: Manifest
  readonly object: KubeObject
  /** What the server said of the object itself, so that it isn't said of its pods again. */
  readonly warnings?: readonly string[]
}

/**
 * Dry-runs the pod of each workload among these objects, since Pod Security, LimitRanges, webhooks and policies judge
 * pods, when the workload was accepted long ago. A quota that is exceeded is left to the sum over the plan
 * ({@link askQuota}). Pods of a namespace that the commit makes can't be asked about. Throws `cluster-unreachable`.
 */
export async function askPods(
  cluster: Cluster,
  changed: readonly ChangedObject[],
  makes: Makes,
): Promise<readonly PodFinding[]> {
  const limit = pLimit(parallel)
  const asked = changed.flatMap((each) => {
    const pod = podOf(each.object)
    const namespace = pod?.metadata.namespace ?? ''
    return pod && !makes.namespaces.has(namespace) ? [limit(() => askPod(cluster, each, pod, makes))] : []
  })
  try {
    return (await Promise.all(asked)).flat()
  } catch (thrown) {
    limit.clearQueue()
    throw thrown
  }
}

async function askPod(
  cluster: Cluster,
  { manifest, object, warnings: known = [] }: ChangedObject,
  pod: KubeObject,
  makes: Makes,
): Promise<readonly PodFinding[]> {
  const about = { object: identityOf(referenceOf(object)), source: manifest.source }
  try {
    const { warnings } = await retrying(() => cluster.previewApply(pod))
    return newWarnings(object, known, warnings).map((text) => ({ ...about, level: 'warning', text }))
  } catch (thrown) {
    if (!(thrown instanceof ClusterRefusal)) throw thrown
    // The name of the dry run's pod means nothing to a reader.
    const words = serverWords(thrown).replaceAll(pod.metadata.name, object.metadata.name)
    if (thrown.kind === 'namespace-missing' || /^exceeded quota: /.test(words)) return []
    if (['no-dry-run', 'transient', 'conflict', 'forbidden'].includes(thrown.kind)) {
      return [{ ...about, level: 'remark', text: `its pods could not be previewed, because ${words}` }]
    }
    const again = (other: KubeObject) => askPod(cluster, { manifest, object, warnings: known }, other, makes)
    const missing = missingIn(words)
    if (!missing) {
      // A policy against pods that nobody owns would not refuse those of a workload.
      const owned = withOwner(pod, object)
      return owned ? again(owned) : [{ ...about, level: 'error', problem: refused(thrown, words, manifest, object) }]
    }
    const rest = without(pod, missing)
    const what = `the ${missing.what} ${missing.name} doesn't exist`
    if (isMade(missing, pod.metadata.namespace ?? '', makes)) return rest ? again(rest) : []
    // Every namespace gets its service account `default` by itself.
    if (!rest) return [{ ...about, level: 'remark', text: `its pods could not be previewed, because ${what} yet` }]
    return [{ ...about, level: 'warning', text: `its pods can't start: ${what}` }, ...(await again(rest))]
  }
}

function refused(thrown: ClusterRefusal, words: string, manifest: Manifest, object: KubeObject) {
  const path = templatePath(object) ?? []
  const [fault] = thrown.faults
  const source: SourcePosition = manifest.locate?.([...path, ...(fault?.path ?? ['spec'])]) ?? manifest.source
  return problem('cluster-refused', `${describeReference(referenceOf(object))}: its pods would be refused: ${words}`, {
    source,
    hint: 'Mend the pod template; the workload itself would be accepted, but it could start no pod.',
  })
}
