import { describe, expect, it } from 'vitest'
import { helpText, mayUse } from '../../../src/core/commands/help-text.ts'
import { parseComment } from '../../../src/core/commands/parse.ts'
import { selectApps } from '../../../src/core/commands/select-apps.ts'

const apps = ['shop-production', 'shop-test', 'blog']

/** The lines of the fenced block. */
const examples = (text: string) => text.split('```')[1]?.trim().split('\n') ?? []

describe('help', () => {
  it('shows examples that all work, for the apps of the pull request', () => {
    const lines = examples(helpText({ apps, may: 'write' }))
    expect(lines).toEqual(['/plan', '/plan shop-production', '/plan shop-*', '/help'])
    for (const line of lines) {
      const command = parseComment(line)
      expect(command.kind).toBe('command')
      if (command.kind === 'command' && command.name === 'plan')
        expect(Array.isArray(selectApps(command.apps, apps))).toBe(true)
    }
  })
  it('works where no app is touched', () => {
    expect(examples(helpText({ apps: [], may: 'admin' }))).toEqual(['/plan', '/help'])
  })
  it('shows only what the person may use, and says what the rest needs', () => {
    const text = helpText({ apps, may: 'read' })
    expect(examples(text)).toEqual(['/help'])
    expect(text).toContain('`/plan` needs the `write` permission')
    expect(helpText({ apps, may: 'none' })).toMatch(/^You may not/)
  })
  it('does not advertise what this version can not do', () => {
    expect(helpText({ apps, may: 'admin' })).not.toMatch(/sync|rollback|approve|lock|status/)
  })
})

it.each([
  ['plan', 'triage', false],
  ['plan', 'write', true],
  ['plan', 'admin', true],
  ['help', 'read', true],
  ['help', 'none', false],
  ['rollback', 'write', false],
] as const)('/%s with the permission %s: %s', (name, permission, expected) => {
  expect(mayUse(name, permission)).toBe(expected)
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
  })
})
