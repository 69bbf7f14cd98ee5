import { describe, expect, it, test } from 'vitest'
import type { CommandName, Permission } from '../../../src/core/commands/command.ts'
import {
  hasOwnRule,
  judge,
  judgeApproval,
  judgeUnlock,
  type Person,
  teamsOf,
  type Who,
  whoMay,
} from '../../../src/core/commands/who-may.ts'

const person = (permission: Permission, more: Partial<Person> = {}): Person => ({
  login: 'mona',
  permission,
  teams: new Set(),
  ...more,
})
const isAllowed = (verdict: ReturnType<typeof judge>) => 'allowedBy' in verdict

describe('without a word in the configuration', () => {
  it.each<[CommandName, Permission, boolean]>([
    ['plan', 'triage', false],
    ['plan', 'write', true],
    ['sync', 'write', true],
    ['approve', 'write', false],
    ['approve', 'maintain', true],
    ['rollback', 'write', false],
    ['lock', 'write', true],
    ['unlock', 'triage', false],
    ['status', 'read', true],
    ['help', 'none', false],
  ])('/%s with the permission %s: %s', (name, permission, expected) => {
    expect(isAllowed(judge(name, whoMay(name, {}), person(permission)))).toBe(expected)
  })
})

describe('with rules in the configuration', () => {
  const rules = { sync: 'admin' as const, approve: ['@acme/platform', '@Mona'], lock: ['@ann'] }

  it('a permission is the least that is needed', () => {
    expect(judge('sync', whoMay('sync', rules), person('maintain'))).toEqual({
      refused:
        '`/sync` is not for you here: it needs more than `maintain` permission on this repository, at least `admin`.',
    })
  })
  it('a list counts instead of any permission: not even an admin is in it unless named', () => {
    const who = whoMay('approve', rules)
    expect(judge('approve', who, person('read'))).toEqual({ allowedBy: 'commands names @mona' })
    expect(judge('approve', who, person('admin', { login: 'bob' }))).toEqual({
      refused:
        '`/approve` is not for you here: the configuration of this repository gives it to `@acme/platform`, `@Mona`.',
    })
    const member = person('read', { login: 'bob', teams: new Set(['@acme/platform']) })
    expect(judge('approve', who, member)).toEqual({ allowedBy: 'commands names @acme/platform' })
  })
  it('/unlock goes by the rule of /lock', () => expect(whoMay('unlock', rules)).toEqual(['@ann']))
  it("/status and /help are everybody's who may read", () => expect(whoMay('status', rules)).toBe('read'))
  it('teams are asked about, people are not', () => {
    expect(teamsOf(['@ann', '@acme/platform'])).toEqual([
      { name: '@acme/platform', team: { org: 'acme', slug: 'platform' } },
    ])
    expect(teamsOf('write')).toEqual([])
  })
})

describe('with rules of an app', () => {
  const rules = { sync: 'write' as const, lock: 'admin' as const }
  const app = { name: 'shop', commands: { sync: ['@acme/platform'], lock: 'write' as const } }

  it('they win for the commands that they name, and nothing else', () => {
    expect(whoMay('sync', rules, app)).toEqual(['@acme/platform'])
    expect([whoMay('lock', rules, app), whoMay('unlock', rules, app)]).toEqual(['write', 'write'])
    expect([whoMay('plan', rules, app), whoMay('rollback', undefined, app)]).toEqual(['write', 'maintain'])
    expect(whoMay('sync', rules, { name: 'blog' })).toBe('write')
    expect(whoMay('help', rules, app)).toBe('read')
    expect([hasOwnRule('unlock', app), hasOwnRule('plan', app), hasOwnRule('sync', undefined)]).toEqual([
      true,
      false,
      false,
    ])
  })
  it('what is said names the app, and whose rule it is', () => {
    const target = { app: 'shop', own: true }
    const who = whoMay('sync', rules, app)
    expect(judge('sync', who, person('admin'), target)).toEqual({
      refused: '`/sync shop` is not for you here: the configuration of this repository gives it to `@acme/platform`.',
    })
    const member = person('read', { teams: new Set(['@acme/platform']) })
    expect(judge('sync', who, member, target)).toEqual({ allowedBy: 'commands of shop names @acme/platform' })
    expect(judge('plan', 'write', person('read'), { app: 'shop', own: false })).toMatchObject({
      refused: expect.stringMatching(/^`\/plan shop` is not for you here: it needs more than `read`/),
    })
  })
})

describe('the author of a pull request', () => {
  test.each<[string, Who, Partial<Person>, boolean]>([
    ['does not accept its risks by permission', 'maintain', {}, false],
    ['does not accept them as one of a team', ['@acme/platform'], { teams: new Set(['@acme/platform']) }, false],
    ['does where the configuration lists that very person', ['@acme/platform', '@Mona'], {}, true],
    ['is the same person in other letters', 'maintain', { login: 'MONA' }, false],
    ['leaves it to others', 'maintain', { login: 'ann' }, true],
  ])('%s', (_, who, more, expected) => {
    expect(isAllowed(judgeApproval(who, person('admin', more), 'mona'))).toBe(expected)
  })
})

describe('a lock', () => {
  const held = { app: 'shop', by: 'ann' }
  test.each<[string, Who, Partial<Person> & { permission: Permission }, boolean]>([
    ['is let go by who holds it', 'write', { login: 'Ann', permission: 'read' }, true],
    ['is not by another one with write', 'write', { permission: 'write' }, false],
    ['is by one with maintain', 'write', { permission: 'maintain' }, true],
    ['is by one whom the configuration lists', ['@mona'], { permission: 'read' }, true],
    ['is not by an admin whom it does not list', ['@bob'], { permission: 'admin' }, false],
  ])('%s', (_, who, { permission, ...more }, expected) => {
    expect(isAllowed(judgeUnlock(who, person(permission, more), held))).toBe(expected)
  })
  it('says who holds it when somebody is refused', () => {
    expect(judgeUnlock('write', person('write'), held)).toEqual({
      refused: '`shop` is held by `ann`: they may let go of it, or somebody with the `maintain` permission.',
    })
  })
})
