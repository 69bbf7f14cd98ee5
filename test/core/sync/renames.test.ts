import { describe, expect, it } from 'vitest'
import { applySetId, type Inventory } from '../../../src/core/model/inventory.ts'
import {
  adoptInventory,
  formerNames,
  isGivenAway,
  isVacant,
  ownIds,
  renamesBetween,
  vacated,
} from '../../../src/core/sync/renames.ts'
import { appOf } from '../plan/facts.ts'

describe('renamesBetween', () => {
  const shop = appOf({ name: 'shop', path: 'apps/shop', namespace: 'shop' })
  const other = appOf({ name: 'other', path: 'apps/other' })

  it('is an old name gone and a new one in its place', () => {
    expect(renamesBetween([shop, other], [{ ...shop, name: 'store' }, other])).toEqual([
      { from: 'shop', to: 'store', cluster: 'default' },
    ])
  })

  it.each([
    ['the old name is still there', [shop, { ...shop, name: 'store' }]],
    ['nothing takes its place', [other]],
    ['it lives on another cluster', [{ ...shop, name: 'store', cluster: 'other' }]],
    ['it lives in another namespace', [{ ...shop, name: 'store', namespace: 'store' }]],
    ['its path is another one', [{ ...shop, name: 'store', path: 'apps/store' }]],
    [
      'two could be it',
      [
        { ...shop, name: 'store' },
        { ...shop, name: 'market' },
      ],
    ],
  ])('is none where %s', (_why, after) => {
    expect(renamesBetween([shop], after)).toEqual([])
  })

  it('is none where two names of one place are gone', () => {
    const twin = { ...shop, name: 'twin' }
    expect(renamesBetween([shop, twin], [{ ...shop, name: 'store' }])).toEqual([])
  })
})

describe('an adopted inventory', () => {
  const inventory = (app: string, more: Partial<Inventory> = {}): Inventory => {
    return { id: applySetId('acme/shop', app), repository: 'acme/shop', app, objects: [], ...more }
  }
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'web' }
  const lock = { by: 'ann', at: '2026-11-21T00:00:00Z' }
  const old = inventory('shop', {
    revision: 'abc',
    digest: 'sha256:1',
    path: 'apps/shop',
    objects: [{ ...reference, uid: 'uid-1' }],
    unfinished: [reference],
    marks: { lock },
    resourceVersion: '7',
  })

  it('has all of the old one, under the new name', () => {
    const adopted = adoptInventory(inventory('store'), old)
    expect(adopted).toMatchObject({
      id: applySetId('acme/shop', 'store'),
      app: 'store',
      revision: 'abc',
      digest: 'sha256:1',
      path: 'apps/shop',
      objects: [{ name: 'web', uid: 'uid-1' }],
      unfinished: [reference],
      marks: { lock },
    })
    // The version is the old parent's: to write by it would overwrite nothing of ours.
    expect(adopted).not.toHaveProperty('resourceVersion')
    expect(ownIds(adopted)).toEqual([adopted.id, old.id])
  })

  it('remembers every name, also over two renames and back', () => {
    const store = adoptInventory(inventory('store'), old)
    const market = adoptInventory(inventory('market', { resourceVersion: '9' }), store)
    expect(formerNames(market)).toEqual(['store', 'shop'])
    expect(market).toMatchObject({ resourceVersion: '9' })
    expect(formerNames(adoptInventory(inventory('shop'), market))).toEqual(['market', 'store'])
  })

  it('leaves an empty one behind, in which there is room again', () => {
    expect(isVacant(old)).toBe(false)
    expect(vacated(old)).toEqual(inventory('shop', { path: 'apps/shop', resourceVersion: '7' }))
    expect([isVacant(vacated(old)), isGivenAway(vacated(old)), isGivenAway(old)]).toEqual([true, true, false])
    expect(isGivenAway(inventory('shop', { marks: { lock }, resourceVersion: '7' }))).toBe(false)
    expect(isVacant(inventory('new', { marks: { lock } }))).toBe(true)
  })
})
