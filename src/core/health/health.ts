import type { Health } from '../model/health.ts'
import type { LiveObject } from '../model/object.ts'
import { groupOf } from '../model/reference.ts'
import { customResourceDefinition } from './custom-resource-definition.ts'
import { daemonSet } from './daemon-set.ts'
import { deployment } from './deployment.ts'
import { job } from './job.ts'
import { persistentVolumeClaim } from './persistent-volume-claim.ts'
import { pod } from './pod.ts'
import { replicaSet } from './replica-set.ts'
import { service } from './service.ts'
import { statefulSet } from './stateful-set.ts'
import { type HealthRule, progressing } from './status.ts'

/** By group and kind: every served version of a kind has the same status. */
const rules: ReadonlyMap<string, HealthRule> = new Map([
  ['apps/Deployment', deployment],
  ['apps/StatefulSet', statefulSet],
  ['apps/DaemonSet', daemonSet],
  ['apps/ReplicaSet', replicaSet],
  ['batch/Job', job],
  ['/Pod', pod],
  ['/PersistentVolumeClaim', persistentVolumeClaim],
  ['/Service', service],
  ['apiextensions.k8s.io/CustomResourceDefinition', customResourceDefinition],
])

function ruleOf(apiVersion: string, kind: string): HealthRule | undefined {
  return rules.get(`${groupOf(apiVersion)}/${kind}`)
}

/** Whether a sync waits for the health of this kind. Every other kind does its work once it is applied. */
export function hasHealth(apiVersion: string, kind: string): boolean {
  return ruleOf(apiVersion, kind) !== undefined
}

/**
 * Whether a live object does its work. An object that is being deleted is progressing; a kind without a rule is
 * healthy, because the API server has stored it and nobody knows more.
 */
export function healthOf(object: LiveObject): Health {
  if (object.metadata.deletionTimestamp !== undefined) return progressing('being deleted')
  return ruleOf(object.apiVersion, object.kind)?.(object) ?? { status: 'healthy' }
}
