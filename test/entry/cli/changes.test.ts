import { expect, test } from 'vitest'
import { ask, configMap, type Desk, desk, namespace, onCluster } from './support.ts'

const path = (at: Desk, name: string) => `/api/v1/namespaces/${at.name}/configmaps/${name}`

/** A synced app whose object somebody edited by hand. */
async function edited(sync: string): Promise<Desk> {
  const at = desk()
  at.commit({
    '.github/drydock.yaml': `version: 1\napps:\n  - { name: shop, path: shop, namespace: NAME, sync: ${sync} }\n`,
    'shop/all.yaml': `${namespace}---\n${configMap('one')}---\n${configMap('two')}`,
  })
  expect(await at.drydock('sync')).toMatchObject({ code: 0 })
  expect(await ask('PATCH', path(at, 'one'), { data: { key: 'by hand' } })).toMatchObject({ status: 200 })
  return at
}

onCluster('drift', () => {
  test('is kept and is nothing to do without selfHeal', async () => {
    const at = await edited('{ selfHeal: false }')
    const plan = await at.drydock('plan')
    expect(plan.out).toMatch(/\? drift: ConfigMap cli-\w+\/one, changed by kubectl-edit; a sync\s+keeps\s+it/)
    expect(plan.out).toMatch(/\/data\/key is by hand, set by kubectl-edit, just now; Git\s+says v/)
    expect(plan.out).toMatch(/No changes · 1 object drifted\.\n$/)
    expect(plan.code).toBe(0)
    expect(await at.drydock('sync')).toMatchObject({ code: 0 })
    expect((await ask('GET', path(at, 'one'))).body).toMatchObject({ data: { key: 'by hand' } })
  })

  test('is restored and so something to do with selfHeal; an object that is gone comes back', async () => {
    const at = await edited('{ selfHeal: true }')
    expect(await ask('DELETE', path(at, 'two'))).toMatchObject({ status: 200 })
    const plan = await at.drydock('plan')
    expect(plan.code).toBe(1)
    expect(plan.out).toMatch(/\/one, changed by kubectl-edit; a sync\s+restores\s+it/)
    expect(plan.out).toMatch(/\/two, gone from the cluster; a sync\s+restores\s+it/)
    expect(await at.drydock('sync')).toMatchObject({ code: 0 })
    expect((await ask('GET', path(at, 'one'))).body).toMatchObject({ data: { key: 'v' } })
    expect(await at.drydock('plan')).toMatchObject({ code: 0 })
  })
})

onCluster('changes', () => {
  test('an object that leaves Git is the one deletion of the plan and of the sync', async () => {
    const at = desk()
    at.commit({ 'all.yaml': namespace, 'one.yaml': configMap('one'), 'two.yaml': configMap('two') })
    expect(await at.drydock('sync')).toMatchObject({ code: 0 })
    at.commit({ 'two.yaml': undefined })
    const plan = await at.drydock('plan -o json')
    expect(plan.code).toBe(1)
    const { apps } = JSON.parse(plan.out) as { apps: [{ changes: unknown[]; unchanged: number }] }
    expect(apps[0].changes).toEqual([expect.objectContaining({ action: 'delete', kind: 'ConfigMap', name: 'two' })])
    expect(apps[0].unchanged).toBe(2)
    const sync = await at.drydock('sync')
    expect(sync.code).toBe(0)
    expect(sync.out).toMatch(/succeeded in .* · 1 deleted\n {2}deleted +ConfigMap cli-\w+\/two\n$/)
    expect(await ask('GET', path(at, 'two'))).toMatchObject({ status: 404 })
    expect(await ask('GET', path(at, 'one'))).toMatchObject({ status: 200 })
  })

  test('an immutable change is a replacement, which waits for --accept-risks', async () => {
    const at = desk()
    const frozen = (value: string) => `${configMap('one', value)}immutable: true\n`
    at.commit({ 'all.yaml': namespace, 'one.yaml': frozen('old') })
    expect(await at.drydock('sync')).toMatchObject({ code: 0 })
    at.commit({ 'one.yaml': frozen('new') })
    const plan = await at.drydock('plan')
    expect(plan.code).toBe(1)
    expect(plan.out).toMatch(/± ConfigMap cli-\w+\/one\n/)
    expect(plan.out).toMatch(/1 to replace · 1 risk · needs approval\.\n$/)
    const held = await at.drydock('sync')
    expect(held.code).toBe(3)
    expect(held.out).toMatch(/: held in .*\nerror: .*\n +→ .*--accept-risks/)
    expect((await ask('GET', path(at, 'one'))).body).toMatchObject({ data: { key: 'old' } })
    const accepted = await at.drydock('sync --accept-risks -o json')
    expect(accepted).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(accepted.out)).toMatchObject([
      { app: at.name, state: 'succeeded', objects: [{ kind: 'ConfigMap', name: 'one', result: 'replaced' }] },
    ])
    expect((await ask('GET', path(at, 'one'))).body).toMatchObject({ data: { key: 'new' } })
  })
})
