import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { forgePermissions } from '../../../src/adapters/github/forges.ts'
import { usedEvents } from '../../../src/entry/webhook/jobs-of.ts'

const text = readFileSync(new URL('../../../app.yml', import.meta.url), 'utf8')
const manifest = load(text) as { default_events: string[]; default_permissions: Record<string, string> }

describe('app.yml', () => {
  it("has no apostrophe, which would cut it off in Probot's setup page", () => {
    expect(text).not.toContain("'")
  })

  it('subscribes to the events that are used', () => {
    expect([...manifest.default_events].sort()).toEqual([...usedEvents].sort())
  })

  it('asks for what the tokens of a forge ask for', () => {
    const { contents: _, ...others } = forgePermissions
    expect(manifest.default_permissions).toMatchObject(others)
  })

  it('writes contents for reverts only: the token of everything else can read them', () => {
    expect(manifest.default_permissions.contents).toBe('write')
    expect(forgePermissions.contents).toBe('read')
  })
})
