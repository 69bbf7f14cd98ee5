import type { KubeObject } from './object.ts'

/** Names one object on a cluster, with the version by which it was asked for. */
export type ObjectReference = {
  readonly apiVersion: string
  readonly kind: string
  /** Absent for objects of cluster scope. */
  readonly namespace?: string
  readonly name: string
}

/** The API group of an `apiVersion`; the core group is the empty string. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

/** Is the kind not one of Kubernetes' own? */
export function isCustom(apiVersion: string): boolean {
  const group = groupOf(apiVersion)
  return group.includes('.') && !group.endsWith('.k8s.io')
}

/** Is the group served by a metrics adapter? What it answers is measured, not stored. */
export function isMeasured(group: string): boolean {
  return /(^|\.)metrics\.k8s\.io$/.test(group)
}

/** The reference of an object. */
export function referenceOf(object: KubeObject): ObjectReference {
  const { name, namespace } = object.metadata
  return { apiVersion: object.apiVersion, kind: object.kind, name, ...(namespace ? { namespace } : {}) }
}

/** Identity without the version: two versions of one kind name the same stored object. */
export function identityOf(reference: ObjectReference): string {
  return [groupOf(reference.apiVersion), reference.kind, reference.namespace ?? '', reference.name].join('/')
}

/** How a person reads a reference: `Deployment shop/web`. */
export function describeReference(reference: ObjectReference): string {
  return `${reference.kind} ${reference.namespace ? `${reference.namespace}/` : ''}${reference.name}`
}
