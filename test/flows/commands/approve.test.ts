import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { App } from '../../../src/core/model/app.ts'
import type { Change } from '../../../src/core/model/change.ts'
import { problem } from '../../../src/core/model/errors.ts'
import type { AppPlan } from '../../../src/core/model/plan.ts'
import { syncComment } from '../../../src/core/report/sync-comment.ts'
import { approveRisks } from '../../../src/flows/commands/approve.ts'
import type { PlanRecord, SyncRecord } from '../../../src/flows/records.ts'
import { appOf, type HoldWorld, openHoldWorld, recordOf, shop } from '../holds-support.ts'
import { orderIn } from '../order-support.ts'

const wanted = 'a'.repeat(40)
const change = (more: Pick<Change, 'action' | 'kind' | 'name' | 'risks'>): Change => ({
  apiVersion: 'v1',
  namespace: 'shop',
  summary: [],
  fields: [],
  preview: 'server',
  ...more,
})
const replaced = change({ action: 'replace', kind: 'StatefulSet', name: 'db', risks: ['immutable'] })
const deleted = change({
  action: 'delete',
  kind: 'PersistentVolumeClaim',
  name: 'data',
  risks: ['data-loss', 'unconfirmed'],
})
const planOf = (...changes: readonly Change[]): AppPlan => ({
  name: 'web',
  cluster: 'prod',
  clusterUID: 'uid',
  unchanged: 0,
  drift: [],
  errors: [],
  policies: [],
  changes,
})

let world: HoldWorld
let held: SyncRecord
beforeAll(async () => {
  world = await openHoldWorld()
}, 60_000)
afterAll(() => world.close())
beforeEach(async () => {
  await world.renew()
  await world.store.savePullRequest({ repository: shop, number: 1, open: false, installationId: 1, commentId: 9 })
  const problems = [problem('held', 'StatefulSet shop/db: is replaced; a person has to accept it.')]
  const outcome = { state: 'held', heldBy: { kind: 'risk' }, problems } as const
  held = recordOf(`held of ${shop.name}`, 'web', wanted, outcome, { number: 1 })
  await world.store.saveSync(held)
  await world.store.saveHistory(held.id, planOf(replaced, deleted), { packed: new Uint8Array(), sealed: false })
})

const bodyOf = ({ outcome }: SyncRecord) =>
  syncComment({ outcomes: [outcome], number: 1, revision: wanted, branch: 'main', actor: 'eve', marker: 'm' })
const approve = (
  more: {
    readonly shown?: AppPlan
    readonly body?: string
    readonly editedAt?: string
    readonly apps?: readonly App[]
  } = {},
) =>
  approveRisks(
    orderIn(world, {
      apps: more.apps ?? [appOf('web')],
      sticky: { body: more.body ?? bodyOf(held), updatedAt: more.editedAt ?? '2026-05-04T09:00:00Z' },
      ...(more.shown ? { shown: { plan: { apps: [more.shown] } } as unknown as PlanRecord } : {}),
    }),
    [],
  )
const accepted = async () => (await world.store.approvals(shop, 1)).length

it('accepts what holds a sync, and no deletion that waits for its confirmation and was shown to nobody', async () => {
  const said = await approve({ shown: planOf(replaced) })
  expect(said).toContain('Accepted 1 risk.')
  expect(said).not.toContain('data')
  expect(await accepted()).toBe(1)
})

it('accepts the deletion too where the plan before the merge had it', async () => {
  expect(await approve({ shown: planOf(replaced, deleted) })).toContain('Accepted 3 risks.')
})

it.each([
  ['still says that it runs', () => ({ body: bodyOf({ ...held, outcome: { ...held.outcome, state: 'running' } }) })],
  ['was edited after the command', () => ({ editedAt: '2026-05-04T10:00:01Z' })],
  [
    'tells of another hold',
    () => ({ body: bodyOf({ ...held, outcome: { ...held.outcome, problems: [problem('held', 'It is locked.')] } }) }),
  ],
])('accepts nothing while the comment %s', async (_what, more) => {
  expect(await approve(more())).toContain('came to something else after you wrote this')
  expect(await accepted()).toBe(0)
})

it('accepts no risk of an object that is taken over from an app for which one may not', async () => {
  const taken = { ...replaced, from: 'db' }
  held = recordOf(`another of ${shop.name}`, 'web', wanted, held.outcome, {
    number: 1,
    createdAt: '2026-05-04T09:00:01.000Z',
  })
  await world.store.saveSync(held)
  await world.store.saveHistory(held.id, planOf(taken), { packed: new Uint8Array(), sealed: false })
  const apps = [appOf('web'), { ...appOf('db'), commands: { approve: ['@zoe'] } }]
  expect(await approve({ apps })).toContain('`/approve db` is not for you here')
  expect(await accepted()).toBe(0)
})
