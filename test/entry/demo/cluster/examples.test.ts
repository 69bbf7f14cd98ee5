import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadAll } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clustersOf } from '../../../../src/adapters/kubernetes/clusters.ts'
import { createRenderer } from '../../../../src/adapters/render/renderer.ts'
import { parseRepositoryConfig } from '../../../../src/core/config/repository.ts'
import { detectRenderKind } from '../../../../src/core/manifests/detect.ts'
import type { KubeObject, LiveObject } from '../../../../src/core/model/object.ts'
import { referenceOf } from '../../../../src/core/model/reference.ts'
import type { DemoCluster } from '../../../../src/entry/demo/cluster/demo-cluster.ts'
import { startInMemoryCluster } from '../../../../src/entry/demo/cluster/in-memory.ts'
import type { Cluster } from '../../../../src/flows/ports.ts'
import { paths, type Talk, talkTo } from './talk.ts'

const root = fileURLToPath(new URL('../../../../examples/gitops', import.meta.url))
const configPath = '.github/drydock.yaml'
const settings = parseRepositoryConfig(readFileSync(join(root, configPath), 'utf8'), configPath)
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
const render = createRenderer({ path: '' })

describe('the example repository', () => {
  let stand: DemoCluster
  let talk: Talk
  let cluster: Cluster
  const clusters = { close: async () => {} }
  beforeAll(async () => {
    stand = await startInMemoryCluster()
    talk = talkTo(stand)
    const opened = clustersOf({ default: { kubeconfig: stand.kubeconfig } })
    clusters.close = opened.close
    cluster = await opened.open('default', 'acme/gitops')
  })
  afterAll(async () => {
    await clusters.close()
    await talk.close()
    await stand.close()
  })

  it('has a configuration without remarks, with an app for each way to write manifests', () => {
    expect(settings.notes).toEqual([])
    expect(settings.apps.map((app) => detectRenderKind(app.path, files))).toEqual(['kustomize', 'plain', 'helm'])
  })

  it.each(settings.apps)('$name is served by the stand-in, and a second plan finds nothing to do', async (app) => {
    const { uid, version } = await cluster.identify()
    expect([uid.length, version]).toEqual([36, 'v1.35.0-drydock-demo'])
    const kind = detectRenderKind(app.path, files)
    const helm = app.helm ? { helm: app.helm } : {}
    const texts = await render({ root, path: app.path, kind, name: app.name, namespace: app.namespace ?? '', ...helm })
    const objects = texts
      .flatMap((text) => loadAll(text.text) as (KubeObject | null)[])
      .filter((object) => object !== null)
      .sort((left, right) => Number(right.kind === 'Namespace') - Number(left.kind === 'Namespace'))
    expect(objects.map((object) => object.kind)).toEqual(expect.arrayContaining(['Namespace', 'Deployment', 'Service']))

    const placed = objects.map((object) =>
      object.kind === 'Namespace' ? object : { ...object, metadata: { namespace: app.namespace, ...object.metadata } },
    ) as KubeObject[]
    const at = paths(app.namespace ?? '')
    for (const object of placed) {
      const name = object.metadata.name
      const path = { Namespace: at.namespace, Deployment: at.deployment(name), Service: at.service(name) }[object.kind]
      const other = { ConfigMap: at.configMap(name), ServiceAccount: at.serviceAccount(name) }[object.kind]
      expect(await talk.apply(path ?? other ?? '', object)).toMatchObject({ status: 201, warnings: null })
    }
    const ready = new AbortController()
    const deployments = placed.filter((object) => object.kind === 'Deployment')
    await cluster.observe(
      deployments.map(referenceOf),
      (_reference, seen) => {
        const status = seen?.status as { readyReplicas?: number } | undefined
        if (status?.readyReplicas) ready.abort()
      },
      { signal: ready.signal },
    )
    for (const object of placed) {
      const live = await cluster.get(referenceOf(object))
      const preview = await cluster.previewApply(object)
      expect(withoutOwners(preview.object)).toEqual(withoutOwners(live))
    }
  })
})

/** On an object of which nobody owns a field, an apply adds `before-first-apply`, also on a real API server. */
function withoutOwners(object: LiveObject | undefined): unknown {
  return { ...object, metadata: { ...object?.metadata, managedFields: undefined, resourceVersion: undefined } }
}
