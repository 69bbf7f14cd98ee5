import type { KubeObject } from '../../../src/core/model/object.ts'

/** A ConfigMap with these annotations. */
export function annotated(annotations: Record<string, string>, labels: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', namespace: 'shop', annotations, labels } }
}
