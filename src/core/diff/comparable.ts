import { partOfLabel } from '../model/inventory.ts'
import type { JsonObject, KubeObject } from '../model/object.ts'
import { lastApplied } from './mask.ts'

/** Set by the server at each write, never by a manifest. */
const serverFields = ['managedFields', 'resourceVersion', 'uid', 'generation', 'creationTimestamp', 'selfLink']

/** Counters that the server and its controllers keep in annotations: no manifest says them. */
const counters = ['deployment.kubernetes.io/revision', 'deprecated.daemonset.template.generation']

/**
 * What is compared of an object: all but `status`, what the server sets in `metadata`, our own inventory label, and
 * kubectl's copy of the object.
 */
export function comparable(object: KubeObject): JsonObject {
  const { status: _status, apiVersion, kind, metadata, ...rest } = object
  const { labels, annotations, ...meta } = Object.fromEntries(
    Object.entries(metadata).filter(([key]) => !serverFields.includes(key)),
  ) as { labels?: Record<string, string>; annotations?: Record<string, string> }
  return {
    apiVersion,
    kind,
    metadata: {
      ...meta,
      ...without('labels', labels, partOfLabel),
      ...without('annotations', annotations, lastApplied, ...counters),
    },
    ...rest,
  }
}

function without(field: string, map: Record<string, string> | undefined, ...keys: readonly string[]): JsonObject {
  const left = Object.entries(map ?? {}).filter(([name]) => !keys.includes(name))
  return left.length > 0 ? { [field]: Object.fromEntries(left) } : {}
}
