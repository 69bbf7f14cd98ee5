import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApiServer } from '../../../../src/entry/demo/cluster/api-server.ts'
import type { DemoCluster } from '../../../../src/entry/demo/cluster/demo-cluster.ts'
import { deployment, paths, type Talk, talkTo } from './talk.ts'

const assets = process.env.KUBEBUILDER_ASSETS
if (!assets) process.stdout.write('skipped: KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver\n')

describe('startApiServer without the programs', () => {
  it('says which program is missing and what to do', async () => {
    await expect(startApiServer(tmpdir())).rejects.toMatchObject({
      code: 'cluster-unreachable',
      message: expect.stringMatching(/^(etcd|kube-apiserver) could not be started \(ENOENT\)/),
      hint: expect.stringContaining('KUBEBUILDER_ASSETS'),
    })
  })
})

describe.skipIf(!assets)('startApiServer', () => {
  let cluster: DemoCluster
  let talk: Talk
  const at = paths('shop')
  beforeAll(async () => {
    cluster = await startApiServer(assets ?? '')
    talk = talkTo(cluster)
    await talk.apply(at.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  })
  afterAll(async () => {
    await talk?.close()
    await cluster?.close()
  })

  it('makes Deployments ready, which nothing else does there', async () => {
    await talk.apply(at.deployment('web'), deployment())
    const path = `${at.deployment('').slice(0, -1)}?watch=1`
    const events = await talk.watch(path, (seen) => seen.at(-1)?.object.status?.readyReplicas === 2)
    expect(events.at(-1)?.object.status).toMatchObject({ observedGeneration: 1, availableReplicas: 2 })
  })

  it('ends a foreground deletion and a deletion of a namespace', async () => {
    const collection = at.deployment('').slice(0, -1)
    const version = ((await talk.send('GET', collection)).body.metadata as { resourceVersion: string }).resourceVersion
    await talk.send('DELETE', `${at.deployment('web')}?propagationPolicy=Foreground`)
    await talk.watch(`${collection}?watch=1&resourceVersion=${version}`, (seen) => seen.at(-1)?.type === 'DELETED')
    await talk.apply(at.configMap('left'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'left' } })
    await talk.send('DELETE', at.namespace)
    await talk.watch(`/api/v1/namespaces?watch=1&resourceVersion=${version}`, (seen) => seen.at(-1)?.type === 'DELETED')
    expect((await talk.send('GET', at.configMap('left'))).status).toBe(404)
  })

  it("edits as somebody's kubectl would, and says what is refused", async () => {
    const reference = { apiVersion: 'v1', kind: 'Namespace', name: 'default' }
    const edited = await cluster.edit(reference, { metadata: { labels: { team: 'a' } } }, 'kubectl-edit')
    expect(edited.metadata.managedFields).toContainEqual(expect.objectContaining({ manager: 'kubectl-edit' }))
    await expect(cluster.edit({ ...reference, name: 'none' }, {}, 'x')).rejects.toMatchObject({
      code: 'cluster-refused',
      message: 'namespaces "none" not found',
    })
    await expect(cluster.edit({ ...reference, kind: 'Pod' }, {}, 'x')).rejects.toMatchObject({ code: 'unknown-kind' })
  })

  it('leaves nothing when it is closed', async () => {
    const other = await startApiServer(assets ?? '')
    await other.close()
    expect(existsSync(other.kubeconfig)).toBe(false)
    await expect(fetch(other.url)).rejects.toThrow()
  })
})
