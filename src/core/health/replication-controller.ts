import { replicaSet } from './replica-set.ts'
import type { HealthRule } from './status.ts'

/** The ancestor of the ReplicaSet, with the same status. */
export const replicationController: HealthRule = (object) => replicaSet(object)
