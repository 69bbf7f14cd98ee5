import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Permission } from '../../../src/core/commands/command.ts'
import { parseRepositoryConfig } from '../../../src/core/config/repository.ts'
import { DrydockError } from '../../../src/core/model/errors.ts'
import { lockApps } from '../../../src/flows/commands/lock-app.ts'
import { mayFor } from '../../../src/flows/commands/may-for.ts'
import { judgeCommand, type Order } from '../../../src/flows/commands/order.ts'
import { sayHelp } from '../../../src/flows/commands/say-help.ts'
import type { AuditEvent } from '../../../src/flows/records.ts'
import { configOf, gitOf, type HoldWorld, openHoldWorld, shop } from '../holds-support.ts'
import { orderIn } from '../order-support.ts'

const rules = ', commands: { sync: ["@acme/platform"], lock: maintain, approve: ["@ann", "@acme/platform"] }'
const config = (name = 'web') => configOf('', rules).replace('name: web', `name: ${name}`)
/** `web` says itself who may; of `db` nothing is said. */
const trusted = parseRepositoryConfig(config(), '.github/drydock.yaml')

let world: HoldWorld
beforeAll(async () => {
  world = await openHoldWorld()
}, 60_000)
afterAll(() => world.close())
beforeEach(() => world.renew())

type Somebody = { readonly login?: string; readonly permission?: Permission; readonly teams?: readonly string[] }

/** A command of somebody in these teams, on a pull request that is open. */
function orderOf({ login = 'ben', permission = 'write', teams = [] }: Somebody = {}, more: Partial<Order> = {}): Order {
  const made = orderIn(world, { apps: trusted.apps, login })
  const forge = { ...made.forge, isMember: async ({ slug }: { slug: string }) => teams.includes(slug) }
  const pull = { ...made.pull, state: 'open' as const, merged: false, author: 'eve' }
  return { ...made, forge, pull, person: { login, permission, teams: new Set() }, ...more }
}
const answerOf = async (...given: Parameters<typeof mayFor>) => {
  const may = await mayFor(...given)
  return 'refused' in may ? may.refused : [...may.order.rights].map(([app, { allowedBy }]) => `${app}: ${allowedBy}`)
}
const platform: Somebody = { permission: 'read', teams: ['platform'] }

describe('a command about several apps', () => {
  it('is for somebody only where it is for each of them', async () => {
    expect(await answerOf(orderOf(), 'sync', ['db'])).toEqual(['db: permission write'])
    expect(await answerOf(orderOf(), 'sync', ['db', 'web'])).toMatch(/^`\/sync web` is not for you here: .*platform/)
    expect(await answerOf(orderOf(platform), 'sync', ['web'])).toEqual(['web: commands of web names @acme/platform'])
    expect(await answerOf(orderOf(platform), 'sync', ['web', 'db'])).toMatch(/^`\/sync db` is not for you here/)
    expect(await answerOf(orderOf({ permission: 'maintain' }), 'unlock', ['web', 'db'])).toHaveLength(2)
  })
  it('is judged by what is said for the repository where it names none', async () => {
    expect(await answerOf(orderOf(), 'sync', [])).toEqual([])
    expect(await answerOf(orderOf(platform), 'sync', [])).toMatch(/^`\/sync` is not for you here/)
  })
  it('is not for the author of the risks, unless the app lists that very person', async () => {
    const by = (login: string, teams: readonly string[] = []) => {
      const order = orderOf({ login, teams })
      return answerOf({ ...order, pull: { ...order.pull, author: login } }, 'approve', ['web'])
    }
    expect(await by('ann')).toEqual(['web: commands of web names @ann'])
    expect(await by('zoe', ['platform'])).toContain('You opened this pull request')
  })
  it('is refused with what GitHub would not say of a team', async () => {
    const order = orderOf()
    const isMember = () => Promise.reject(new DrydockError('github-failed', 'No right to read teams.'))
    const said = await answerOf({ ...order, forge: { ...order.forge, isMember } }, 'sync', ['web'])
    expect(said).toContain('Drydock could not ask who is in the team: No right to read teams.')
  })
  it('does nothing to any of them when one is not for its author', async () => {
    for (const app of ['web', 'db']) await world.syncedOn(app, 'r1')
    const said = await lockApps(orderOf(), { kind: 'command', name: 'lock', apps: ['web', 'db'], keep: false })
    expect(said).toMatch(/^`\/lock web` is not for you here: it needs more than `write`/)
    expect(await world.store.appStates(shop)).toEqual([])
  })
})

it('the audit has the rule by which somebody did something to an app', async () => {
  for (const app of ['web', 'db']) await world.syncedOn(app, 'r1')
  const events: AuditEvent[] = []
  const audit = async (event: AuditEvent) => void events.push(event)
  const order = orderOf({ permission: 'maintain' })
  const watched = { ...order, world: { ...order.world, store: { ...world.store, audit } } }
  await lockApps(watched, { kind: 'command', name: 'lock', apps: ['web', 'db'], keep: false })
  expect(events.map(({ app, allowedBy }) => [app, allowedBy])).toEqual([
    ['db', 'permission maintain'],
    ['web', 'permission maintain'],
  ])
})

describe('an app with another name in the pull request', () => {
  const order = (name: string) => {
    const { commit, repository } = gitOf(() => config(name))
    const opened = { ...repository, fetch: async () => undefined }
    const made = orderOf()
    return {
      ...made,
      world: { ...made.world, git: { open: async () => opened } } as unknown as Order['world'],
      pull: { ...made.pull, head: commit() },
    }
  }

  it('goes by the rules of the name that it has on the target branch', async () => {
    expect(await answerOf(order('shop'), 'sync', ['shop'])).toMatch(/^`\/sync shop` is not for you here/)
    expect(await answerOf(order('web'), 'sync', ['other'])).toEqual(['other: permission write'])
  })
  it('is for nobody while that can not be read', async () => {
    const made = order('shop')
    const open = () => Promise.reject(new DrydockError('git-failed', 'It is down.'))
    const broken = { ...made, world: { ...made.world, git: { open } } as unknown as Order['world'] }
    expect(await answerOf(broken, 'sync', ['shop'])).toMatch(/could not be read, so nobody may .* It is down\./)
    // What the target branch knows needs no look at the other side.
    expect(await answerOf(broken, 'sync', ['db'])).toEqual(['db: permission write'])
  })
})

describe('before it is known which apps a command is for', () => {
  const early = async (somebody: Somebody, name: 'sync' | 'plan') => {
    const { forge, person } = orderOf(somebody)
    return (await judgeCommand(forge, name, { apps: trusted.apps }, person)).verdict
  }
  it('whoever may give it for any of them is heard', async () => {
    expect(await early({}, 'sync')).toEqual({ allowedBy: 'permission write' })
    expect(await early(platform, 'sync')).toEqual({ allowedBy: 'commands of web names @acme/platform' })
    expect(await early({ permission: 'read' }, 'sync')).toMatchObject({
      refused: expect.stringMatching(/^`\/sync` is not for you here: it needs more/),
    })
    expect(await early(platform, 'plan')).toHaveProperty('refused')
  })
})

describe('/help', () => {
  it('shows what somebody may for at least one app, with an example for that', async () => {
    const text = await sayHelp(orderOf(platform))
    expect(text).toContain('\n/sync web\n')
    expect(text).not.toContain('/sync db')
    expect(text).not.toMatch(/^\/lock/m)
    expect(text).toContain('- `/lock` is not for you here')
    expect(await sayHelp(orderOf())).toMatch(/^\/lock db "incident"$/m)
  })
})
