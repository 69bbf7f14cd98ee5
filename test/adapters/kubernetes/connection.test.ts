import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { clusterOn } from '../../../src/adapters/kubernetes/cluster.ts'
import { connect } from '../../../src/adapters/kubernetes/connection.ts'
import { parseJson } from '../../../src/core/model/json.ts'
import type { KubeObject } from '../../../src/core/model/object.ts'
import { json } from '../../core/diff/json.ts'
import { allowed, kubeconfigWith } from './control-plane.ts'
import { discoveryOf, type FakeServer, say, startFakeServer } from './fake-server.ts'

let server: FakeServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const isDiscovery = (url = '') => /^\/apis?$/.test(url)

describe('a connection', () => {
  it('sends exactly the object, by whatever it is made of, for a preview and for a write', async () => {
    const fake = await startFakeServer((request, response) =>
      say(response, isDiscovery(request.url) ? discoveryOf(request.url ?? '') : { metadata: { uid: 'u' } }),
    )
    server = fake
    const cluster = clusterOn('fake', fake.connection)
    await fc.assert(
      fc.asyncProperty(json, json, async (spec, data) => {
        const object = {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'a', namespace: 'b', unknown: data },
          spec,
          status: { from: [spec], creationTimestamp: '2026-01-01T00:00:00.123456Z' },
        } as unknown as KubeObject
        await cluster.previewApply(object)
        await cluster.writer(allowed('update', object)).apply(object)
        const [preview, write] = fake.seen.slice(-2)
        expect(parseJson(preview?.body ?? '')).toEqual(object)
        expect(write?.body).toBe(preview?.body)
        expect(preview?.url).toBe(`${write?.url}&dryRun=All`)
      }),
      { numRuns: 50 },
    )
    expect(fake.seen.at(-1)?.url).toBe(
      '/apis/apps/v1/namespaces/b/deployments/a?fieldManager=drydock&force=true&fieldValidation=Strict',
    )
    // One after the other, so that one connection is enough for them all, and two for discovery.
    expect(fake.opened()).toBeLessThanOrEqual(2)
  })

  it('escapes names, so that a manifest cannot reach another path', async () => {
    server = await startFakeServer((request, response) =>
      say(response, isDiscovery(request.url) ? discoveryOf(request.url ?? '') : { metadata: {} }),
    )
    const cluster = clusterOn('fake', server.connection)
    await cluster.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: '../kube-system', name: 'a?b#c/../d' })
    expect(server.seen.at(-1)?.url).toBe('/api/v1/namespaces/..%2Fkube-system/configmaps/a%3Fb%23c%2F..%2Fd')
  })

  it('reads warnings, several of them and with quotes inside', async () => {
    server = await startFakeServer((_request, response) => {
      response.setHeader('warning', ['299 - "one, with a comma"', '299 - "two \\"quoted\\""'])
      say(response, {})
    })
    const answer = await server.connection.send({ method: 'GET', path: '/x' })
    expect(answer.warnings).toEqual(['one, with a comma', 'two "quoted"'])
  })

  it('does not follow a redirect, which would carry the token elsewhere', async () => {
    server = await startFakeServer((request, response) => {
      if (request.url === '/x') response.writeHead(302, { location: '/elsewhere' }).end()
      else say(response, {})
    })
    await expect(server.connection.send({ method: 'GET', path: '/x' })).rejects.toMatchObject({
      code: 'cluster-unreachable',
    })
    expect(server.seen.map((each) => each.url)).toEqual(['/x'])
  })

  it('is an error when an answer takes too long, or is none', async () => {
    server = await startFakeServer((request, response) => {
      if (request.url !== '/slow') response.end('<html>proxy</html>')
    })
    await expect(server.connection.send({ method: 'GET', path: '/slow', timeoutMs: 50 })).rejects.toMatchObject({
      code: 'cluster-unreachable',
      message: expect.stringContaining('in time'),
    })
    await expect(clusterOn('fake', server.connection).kinds()).rejects.toMatchObject({
      code: 'cluster-unreachable',
      message: expect.stringContaining('discovery'),
    })
    await expect(server.connection.send({ method: 'GET', path: '/html' })).resolves.toMatchObject({
      body: { message: '<html>proxy</html>' },
    })
  })

  it('knows a group whose server is down as unavailable, not as absent', async () => {
    server = await startFakeServer((request, response) => say(response, discoveryOf(request.url ?? '')))
    const kinds = await clusterOn('fake', server.connection).kinds()
    expect(kinds.unavailable).toEqual(['metrics.example.com'])
    expect(kinds.find('apps/v1', 'Deployment')).toBeDefined()
  })

  it('names the contexts when there is none of that name', async () => {
    const config = kubeconfigWith({ server: 'http://127.0.0.1:1', bare: true })
    try {
      await expect(connect({ kubeconfig: config.path, context: 'y' })).rejects.toMatchObject({ hint: 'It has: x.' })
      await expect(connect({ kubeconfig: '/nonexistent/kubeconfig' })).rejects.toMatchObject({
        code: 'cluster-unreachable',
      })
    } finally {
      config.remove()
    }
  })
})
