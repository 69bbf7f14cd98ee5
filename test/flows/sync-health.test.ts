import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Kinds } from '../../src/core/model/kinds.ts'
import type { SyncOutcome } from '../../src/core/model/outcome.ts'
import type { Cluster } from '../../src/flows/ports.ts'
import { type ControlPlane, kubeconfig, openControlPlane, skipped } from '../adapters/kubernetes/control-plane.ts'
import { appOf } from '../core/plan/facts.ts'
import { crashing, deployment, files } from './manifests.ts'
import { ownApp } from './own-app.ts'
import { shopOf } from './support.ts'

describe.skipIf(!kubeconfig)(`the health that a sync waits for${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('order')
  })
  afterAll(() => plane.close())

  it('is told without the values of the Secrets of the app', async () => {
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {a: "simulated: c"}\n'
    const { sync } = await ownApp(plane, { a: files(secret, crashing(deployment('web'))) })
    const said: SyncOutcome[] = []
    const failed = await sync('a', { progress: (outcome) => said.push(outcome) })
    expect(failed.problems[0]?.message).toContain('CrashLoopBackOff: (sensitive)')
    expect(JSON.stringify([failed, said])).not.toContain('simulated')
  })

  it('is not that of an object that others made and that is left alone', async () => {
    const web = deployment('web', { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' } })
    const { sync, namespace } = await ownApp(plane, { a: files(web) }, { timeoutMs: 3000 })
    const container = { name: 'web', image: 'theirs:1' }
    const made = await plane.raw('POST', `/apis/apps/v1/namespaces/${namespace}/deployments`, {
      metadata: { name: 'web' },
      spec: {
        selector: { matchLabels: { app: 'x' } },
        template: { metadata: { labels: { app: 'x' } }, spec: { containers: [container] } },
      },
    })
    expect(made.status).toBe(201)
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
  })

  it('is said to be unknown where nobody may watch', async () => {
    const { cluster, repository, namespace } = await ownApp(plane, {})
    const blind = (kinds: Kinds): Kinds => ({
      ...kinds,
      find: (apiVersion, kind) => {
        const found = kinds.find(apiVersion, kind)
        return found && kind === 'Deployment'
          ? { ...found, verbs: found.verbs.filter((each) => each !== 'watch') }
          : found
      },
    })
    const unwatched: Cluster = { ...cluster, kinds: async (options) => blind(await cluster.kinds(options)) }
    const history = { a: files(deployment('web', { slow: true })) }
    const shop = shopOf(unwatched, repository, history, appOf({ namespace }, { timeoutMs: 3000 }))
    expect(await shop.sync('a')).toMatchObject({
      state: 'succeeded',
      objects: [{ name: 'web', result: 'created', message: 'not waited for: its kind can not be watched' }],
    })
  })
})
