import { approve } from './approve.ts'
import type { CommandDescription } from './command.ts'
import { help } from './help.ts'
import { lock } from './lock.ts'
import { plan } from './plan.ts'
import { rollback } from './rollback.ts'
import { status } from './status.ts'
import { sync } from './sync.ts'
import { unlock } from './unlock.ts'

/** Every command, in the order of `/help`. */
export const commands: readonly CommandDescription[] = [plan, sync, rollback, approve, lock, unlock, status, help]
