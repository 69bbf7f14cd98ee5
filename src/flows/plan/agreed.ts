import { createHash } from 'node:crypto'
import { canonicalJson } from '../../core/manifests/canonical.ts'
import type { Json, KubeObject, LiveObject } from '../../core/model/object.ts'
import type { Cluster } from '../ports.ts'

/** A webhook or policy of the cluster may change without the object: what it said is asked again after this, in ms. */
const keptMs = 10 * 60_000

/** Objects that are remembered for one cluster; the oldest are forgotten first. */
const maxKept = 50_000

const clusters = new WeakMap<Cluster, Map<string, number>>()

/**
 * Remembers that a live object is as a manifest wants it, so that a plan does not ask again about objects that nobody
 * touched: neither the commit, nor anybody on the cluster (the resourceVersion changes with every write). `rules`: what
 * else the answer depends on.
 */
export function agreedOn(cluster: Cluster, rules: Json) {
  const known = clusters.get(cluster) ?? new Map<string, number>()
  clusters.set(cluster, known)
  return {
    has: (live: LiveObject, desired: KubeObject): boolean => {
      const at = known.get(keyOf(live, desired, rules))
      return at !== undefined && performance.now() - at < keptMs
    },
    add: (live: LiveObject, desired: KubeObject): void => {
      const key = keyOf(live, desired, rules)
      known.delete(key)
      known.set(key, performance.now())
      if (known.size <= maxKept) return
      for (const oldest of known.keys()) {
        known.delete(oldest)
        break
      }
    },
  }
}

function keyOf(live: LiveObject, desired: KubeObject, rules: Json): string {
  const { uid, resourceVersion } = live.metadata
  return createHash('sha256')
    .update(`${uid}\n${resourceVersion}\n${canonicalJson([desired as Json, rules])}`)
    .digest('base64')
}
