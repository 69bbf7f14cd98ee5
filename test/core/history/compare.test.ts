import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareObjects } from '../../../src/core/history/compare.ts'
import { type KeptObjects, packing } from '../../../src/core/history/pack.ts'
import type { KubeObject } from '../../../src/core/model/object.ts'
import { leak, rules, someObjects } from './objects.ts'

const key = randomBytes(32)

/** Objects as the history gives them back. */
function kept(objects: readonly KubeObject[], seal: Uint8Array | undefined = key): KeptObjects {
  return packing(key).unpack(packing(seal).pack(objects, rules))
}
const withoutKey = (objects: readonly KubeObject[]) => packing().unpack(packing().pack(objects, rules))

const secretOf = (password: string, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'db', namespace: 'shop', annotations: { copy: `the password is ${password}` } },
  data: { password: Buffer.from(password).toString('base64') },
  ...more,
})
const deploymentOf = (image: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { 'applyset.kubernetes.io/part-of': `id-of-${image}` } },
  spec: { template: { spec: { containers: [{ name: 'web', image }] } } },
})
const configMapOf = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })

describe('two syncs', () => {
  it('differ in what was added, changed and removed', () => {
    const diff = compareObjects(
      kept([deploymentOf('web:1'), configMapOf('old'), configMapOf('same')]),
      kept([configMapOf('same'), configMapOf('new'), deploymentOf('web:2')]),
    )
    expect(diff.changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`)).toEqual([
      'create ConfigMap new',
      'update Deployment web',
      'delete ConfigMap old',
    ])
    expect(diff).toMatchObject({ unchanged: 1, unknown: [] })
    const [, web] = diff.changes
    expect(web?.summary).toEqual(['web: image 1 → 2'])
    expect(web?.hunks).toContain('-          image: web:1\n+          image: web:2')
    expect(web?.hunks).not.toContain('part-of')
  })

  it('show of a secret value only whether it differs', () => {
    const changed = compareObjects(kept([secretOf('hunter2')]), kept([secretOf('correct horse')]))
    expect(changed.changes[0]?.hunks).toMatch(/- {2}password: \(sensitive 1\)\n\+ {2}password: \(sensitive [^1]\)/)
    expect(JSON.stringify(changed)).not.toMatch(/hunter2|aHVudGVyM|correct|Y29ycmVjd/)
    expect(compareObjects(kept([secretOf('hunter2')]), kept([secretOf('hunter2')]))).toEqual({
      changes: [],
      unchanged: 1,
      unknown: [],
    })
  })

  it('never show a secret value of either', () => {
    fc.assert(
      fc.property(someObjects, someObjects, fc.boolean(), fc.boolean(), (before, after, one, other) => {
        const diff = compareObjects(one ? kept(before) : withoutKey(before), other ? kept(after) : withoutKey(after))
        expect(leak.exec(JSON.stringify(diff))).toBeNull()
      }),
    )
  })

  it('are equal to themselves', () => {
    fc.assert(
      fc.property(someObjects, (objects) => {
        expect(compareObjects(kept(objects), kept(objects))).toEqual({
          changes: [],
          unchanged: objects.length,
          unknown: [],
        })
      }),
    )
  })
})

describe('a sync that was kept without a key', () => {
  it.each([
    ['before', withoutKey([secretOf('hunter2')]), kept([secretOf('correct horse')])],
    ['after', kept([secretOf('hunter2')]), withoutKey([secretOf('hunter2')])],
    ['on both sides', withoutKey([secretOf('hunter2')]), withoutKey([secretOf('hunter2')])],
  ])('%s leaves open whether its values differ', (_where, before, after) => {
    const diff = compareObjects(before, after)
    expect(diff).toMatchObject({ changes: [], unchanged: 0, unknown: ['Secret shop/db'] })
  })

  it('still shows what else differs in its Secrets', () => {
    const typed = secretOf('correct horse', { type: 'acme.dev/token' })
    const diff = compareObjects(withoutKey([secretOf('hunter2')]), kept([typed]))
    expect(diff.changes[0]?.summary).toEqual(['type none → acme.dev/token'])
    expect(diff.changes[0]?.hunks).not.toContain('sensitive')
    expect(diff).toMatchObject({ unchanged: 0, unknown: ['Secret shop/db'] })
  })
})
