import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { configMap, deployment, job } from '../../flows/manifests.ts'
import { done, imageOf, openStage, readyOf, type Stage, stuck } from './stage.ts'

describe.skipIf(!kubeconfig)(`a newer commit${skipped}`, { timeout: 120_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  test('a fix that is merged while the broken commit waits is live at once, and the first pull request says so', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop', more: 'sync: { timeout: 5m }' }])
    const { repository } = scene
    await scene.change({ 'shop/web.yaml': deployment('web', { image: 'web:1' }) })
    const broken = await scene.propose({ 'shop/web.yaml': stuck(deployment('web', { image: 'web:2' })) })
    await scene.merge(broken)
    await scene.says(broken, /⏳ waiting for health: Deployment .*web/)
    expect(imageOf(await scene.get('Deployment', 'web'))).toBe('web:2')

    const fix = await scene.propose({ 'shop/web.yaml': deployment('web', { image: 'web:3' }) })
    await scene.merge(fix)
    await scene.says(fix, done)
    expect(imageOf(await scene.get('Deployment', 'web'))).toBe('web:3')
    expect(readyOf(await scene.get('Deployment', 'web'))).toBe(1)
    const told = await scene.says(broken, /^### ⏩ Superseded by a newer sync: 1 app/m)
    expect(told).toMatch(/came after it and is synced instead/)
    expect(told).not.toContain('@bob')
    expect(scene.deployments('shop').map((each) => each.statuses.map((status) => status.state))).toEqual([
      ['in_progress', 'success', 'inactive'],
      ['in_progress', 'inactive'],
      ['in_progress', 'success'],
    ])
    expect(repository.comments(broken).filter((each) => each.viaApp)).toHaveLength(1)
  })

  test('ends the waiting for a hook that never ends', async () => {
    const scene = await stage.scene([{ name: 'shop', path: 'shop' }])
    await scene.change({ 'shop/web.yaml': configMap('web') })
    const hook = { 'drydock.dev/hook': 'pre-sync' }
    const broken = await scene.propose({
      'shop/web.yaml': configMap('web', {}, '2'),
      'shop/migrate.yaml': job('migrate', hook, { fails: true }),
    })
    await scene.merge(broken)
    await scene.says(broken, /waiting for Job .*migrate/)
    const fix = await scene.propose({ 'shop/migrate.yaml': job('migrate', hook) })
    await scene.merge(fix)
    await scene.says(fix, done)
    await scene.says(broken, /^### ⏩ Superseded/m)
    expect((await scene.get('ConfigMap', 'web'))?.data).toEqual({ a: '2' })
  })

  test('ends the retries of one that the cluster refuses for the moment', async () => {
    const { plane } = stage
    const more = 'sync: { retry: { limit: 10, backoff: 30s } }'
    const scene = await stage.scene([{ name: 'shop', path: 'shop', more }])
    await scene.change({ 'shop/web.yaml': configMap('web') })
    // A webhook that is down: it may come back, so it is tried again. Dry runs don't ask it, so the plan knows nothing.
    const name = `${scene.namespace}.example.com`
    const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
    plane.later(`${path}/${name}`)
    const answer = await plane.raw('POST', path, {
      metadata: { name },
      webhooks: [
        {
          name,
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          failurePolicy: 'Fail',
          clientConfig: { service: { name: 'down', namespace: scene.namespace } },
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': scene.namespace } },
          objectSelector: { matchLabels: { refused: 'yes' } },
          matchConditions: [{ name: 'real', expression: 'request.dryRun != true' }],
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }],
        },
      ],
    })
    expect(answer.status).toBe(201)
    const refused = await scene.propose({
      'shop/more.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: more, labels: { refused: "yes" } }\n',
    })
    await scene.merge(refused)
    await scene.says(refused, /⏳ applying/)
    const fix = await scene.propose({ 'shop/more.yaml': configMap('more') })
    await scene.merge(fix)
    await scene.says(fix, done)
    expect(await scene.get('ConfigMap', 'more')).toBeDefined()
    await scene.says(refused, /^### ⏩ Superseded/m)
  })
})
