import type { App } from '../../src/core/model/app.ts'
import type { Order } from '../../src/flows/commands/order.ts'
import type { IssueComment } from '../../src/flows/ports.ts'
import type { PlanRecord } from '../../src/flows/records.ts'
import { type HoldWorld, shop } from './holds-support.ts'

/** What a command is given with; the rest is as in most tests: a merged pull request 1 of `main`, by somebody who may. */
type Given = {
  readonly apps: readonly App[]
  readonly login?: string
  readonly head?: string
  readonly shown?: PlanRecord
  /** When it was written, ISO 8601. */
  readonly at?: string
  /** The sticky comment as GitHub has it now. */
  readonly sticky?: Pick<IssueComment, 'body' | 'updatedAt'>
}

/** A command on a pull request, without GitHub. */
export function orderIn(world: HoldWorld, given: Given): Order {
  const { apps, login = 'ben', head = 'f'.repeat(40), sticky } = given
  const person = { login, permission: 'admin', teams: new Set<string>() }
  const at = given.at ?? '2026-05-04T10:00:00Z'
  return {
    world,
    forge: { branchHead: async () => head, comment: async () => sticky },
    job: { kind: 'command', repository: { ...shop, installationId: 1 }, number: 1, commentId: 5 },
    comment: { id: 5, body: '', author: login, createdAt: at, updatedAt: at },
    pull: { number: 1, author: 'eve', state: 'closed', merged: true, head, baseRef: 'main' },
    shown: given.shown,
    person,
    rights: new Map(),
    allowedBy: 'test',
    trusted: { apps },
    say: async () => undefined,
  } as unknown as Order
}
