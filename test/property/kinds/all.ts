import type { Template } from '../template.ts'
import { cluster } from './cluster.ts'
import { core } from './core.ts'
import { custom } from './custom.ts'
import { network } from './network.ts'
import { workloads } from './workloads.ts'

/** Every kind that cases are made of. */
export const templates: readonly Template[] = [...core, ...cluster, ...workloads, ...network, ...custom]
