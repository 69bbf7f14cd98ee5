import { describe, expect, it } from 'vitest'
import type { CommandName, Permission } from '../../../src/core/commands/command.ts'
import { helpText } from '../../../src/core/commands/help-text.ts'
import { parseComment } from '../../../src/core/commands/parse.ts'
import { selectApps } from '../../../src/core/commands/select-apps.ts'
import { judge, whoMay } from '../../../src/core/commands/who-may.ts'

const apps = ['shop-production', 'shop-test', 'blog']

/** The lines of the fenced block. */
const examples = (text: string) => text.split('```')[1]?.trim().split('\n') ?? []

/** Rights of somebody with this permission where the configuration says nothing. */
const may = (permission: Permission) => (name: CommandName) =>
  judge(name, whoMay(name, undefined), { login: 'mona', permission, teams: new Set() })

describe('help', () => {
  it('shows examples that all work, for the apps of the pull request', () => {
    const lines = examples(helpText({ apps: () => apps, may: may('maintain') }))
    expect(lines).toEqual([
      '/plan',
      '/plan shop-production',
      '/plan shop-*',
      '/sync',
      '/sync shop-production',
      '/rollback',
      '/rollback shop-production "checkout fails" --dry-run',
      '/approve',
      '/approve shop-production',
      '/lock shop-production "incident"',
      '/unlock shop-production',
      '/status',
      '/help',
    ])
    for (const line of lines) {
      const command = parseComment(line)
      expect(command.kind).toBe('command')
      if ('apps' in command) expect(Array.isArray(selectApps(command.apps, apps))).toBe(true)
    }
  })
  it('works where no app is touched', () => {
    expect(examples(helpText({ apps: () => [], may: may('admin') }))).toEqual([
      '/plan',
      '/sync',
      '/rollback',
      '/approve',
      '/status',
      '/help',
    ])
  })
  it('shows only what the person may use, and says what the rest needs', () => {
    const text = helpText({ apps: () => apps, may: may('read') })
    expect(examples(text)).toEqual(['/status', '/help'])
    expect(text).toContain(
      '`/plan` is not for you here: it needs more than `read` permission on this repository, at least `write`',
    )
    expect(text).toContain(
      '`/approve` is not for you here: it needs more than `read` permission on this repository, at least `maintain`',
    )
    expect(helpText({ apps: () => apps, may: may('none') })).toMatch(/^You may not/)
  })
})

describe('the apps that a command names', () => {
  it('are all without a name, else those that a name or glob fits, in their own order', () => {
    expect(selectApps([], apps)).toEqual(apps)
    expect(selectApps(['blog', 'shop-*'], apps)).toEqual(apps)
    expect(selectApps(['*-test'], apps)).toEqual(['shop-test'])
  })
  it('are none when one word fits nothing', () => {
    expect(selectApps(['shop-test', 'blgo'], apps)).toEqual({
      kind: 'reply',
      text: 'This pull request has no app `blgo`. Did you mean `blog`?',
    })
    expect(selectApps(['zzz'], ['a'])).toMatchObject({ text: 'This pull request has no app `zzz`. Its apps: `a`.' })
    expect(selectApps(['zzz'], [])).toMatchObject({ text: 'This pull request has no app `zzz`. It touches no app.' })
    expect(selectApps(['zzz'], [], 'repository')).toMatchObject({
      text: 'This repository has no app `zzz`. It has no app.',
    })
  })
})
