import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { clusterOn } from '../../../src/adapters/kubernetes/cluster.ts'
import { connect } from '../../../src/adapters/kubernetes/connection.ts'
import type { LiveObject } from '../../../src/core/model/object.ts'
import {
  type ControlPlane,
  kubeconfig,
  kubeconfigWith,
  openControlPlane,
  randomName,
  skipped,
} from './control-plane.ts'
import { discoveryOf, type FakeServer, say, startFakeServer } from './fake-server.ts'

const reference = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'web' }
const state = (version: string, data: string, name = 'web') => ({
  metadata: { name, namespace: 'shop', uid: 'u', resourceVersion: version },
  data: { a: data },
})
const event = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`

/** What was seen, in words, until `enough` of it came. */
function recorder(enough: number) {
  const stop = new AbortController()
  const seen: string[] = []
  const record = (_reference: unknown, object: LiveObject | undefined) => {
    seen.push(object ? (object.data as { a: string }).a : 'gone')
    if (seen.length >= enough) stop.abort()
  }
  return { seen, record, stop, signal: stop.signal }
}

describe('observing', () => {
  let server: FakeServer | undefined
  afterEach(async () => {
    await server?.close()
    server = undefined
  })

  /** Answers the nth list and the nth watch. */
  const start = async (
    list: (count: number, response: ServerResponse) => void,
    watch: (count: number, response: ServerResponse, url: string) => void,
  ) => {
    const counts = { list: 0, watch: 0 }
    server = await startFakeServer(({ url = '' }, response) => {
      if (/^\/apis?$/.test(url)) say(response, discoveryOf(url))
      else if (url.includes('watch=1')) {
        counts.watch += 1
        watch(counts.watch, response, url)
      } else {
        counts.list += 1
        list(counts.list, response)
      }
    })
    return clusterOn('fake', server.connection)
  }
  const items = (response: ServerResponse, version: string, ...objects: unknown[]) =>
    say(response, { metadata: { resourceVersion: version }, items: objects })

  it('goes on from the last version when a stream ends, and lists again when that has expired', async () => {
    const from: (string | null)[] = []
    const cluster = await start(
      (count, response) => items(response, count === 1 ? '10' : '20', state('10', `list ${count}`)),
      (count, response, url) => {
        from.push(new URL(url, 'http://x').searchParams.get('resourceVersion'))
        response.writeHead(200)
        if (count === 1) response.end(event('MODIFIED', state('11', 'one')) + event('BOOKMARK', state('12', 'no')))
        else if (count === 2) response.end(event('ERROR', { kind: 'Status', code: 410 }))
        else response.write(event('MODIFIED', state('21', 'two')))
      },
    )
    const { seen, record, signal } = recorder(4)
    await cluster.observe([reference], record, { signal })
    expect(seen).toEqual(['list 1', 'one', 'list 2', 'two'])
    expect(from).toEqual(['10', '12', '20'])
  })

  it('lists again after an answer of 410, a broken line and a lost connection', async () => {
    const cluster = await start(
      (count, response) => items(response, '1', state('1', `list ${count}`)),
      (count, response) => {
        if (count === 1) say(response, { code: 410 }, 410)
        else if (count === 2) response.writeHead(200).end('{"type":"MOD\n')
        else response.writeHead(200).write('{"typ', () => response.destroy())
      },
    )
    const { seen, record, signal } = recorder(4)
    await cluster.observe([reference], record, { signal })
    expect(seen).toEqual(['list 1', 'list 2', 'list 3', 'list 4'])
  })

  it('puts lines together that come in pieces, and sees only what it was asked for', async () => {
    const text = Buffer.from(event('ADDED', state('2', 'other', 'other')) + event('MODIFIED', state('3', 'grün')))
    const cluster = await start(
      (_count, response) => items(response, '1'),
      async (_count, response) => {
        response.writeHead(200)
        for (const byte of text) response.write(Buffer.from([byte]))
      },
    )
    const { seen, record, signal } = recorder(2)
    await cluster.observe([reference], record, { signal })
    expect(seen).toEqual(['gone', 'grün'])
  })

  it('fails when it cannot list or watch: nothing seen is not nothing there', async () => {
    const forbidden = (_count: number, response: ServerResponse) => say(response, { message: 'no' }, 403)
    const { record, signal } = recorder(9)
    const noList = await start(forbidden, forbidden)
    await expect(noList.observe([reference], record, { signal })).rejects.toMatchObject({ code: 'cluster-refused' })
    await server?.close()
    const noWatch = await start((_count, response) => items(response, '1'), forbidden)
    await expect(noWatch.observe([reference], record, { signal })).rejects.toMatchObject({ code: 'cluster-refused' })
    await expect(noWatch.observe([{ ...reference, kind: 'Thing' }], record, { signal })).rejects.toMatchObject({
      code: 'unknown-kind',
    })
  })

  it('does not ask in a tight loop when streams end at once', async () => {
    const began = performance.now()
    const times: number[] = []
    const { stop, record, signal } = recorder(99)
    const cluster = await start(
      (_count, response) => items(response, '1'),
      (count, response) => {
        times.push(performance.now() - began)
        if (count === 3) stop.abort()
        response.writeHead(200).end()
      },
    )
    await cluster.observe([reference], record, { signal })
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(900)
  })

  it('reports what vanished while no stream was open', async () => {
    const cluster = await start(
      (count, response) => items(response, `${count}0`, ...(count === 1 ? [state('1', 'there')] : [])),
      (_count, response) => say(response, { code: 410 }, 410),
    )
    const { seen, record, signal } = recorder(2)
    await cluster.observe([reference], record, { signal })
    expect(seen).toEqual(['there', 'gone'])
  })

  it('asks a server again that is overloaded or broken for a moment', async () => {
    const cluster = await start(
      (count, response) =>
        count === 2 ? say(response, { message: 'slow' }, 429) : items(response, '1', state('1', `list ${count}`)),
      (count, response) => {
        if (count === 1) say(response, { message: 'broken' }, 500)
        else response.writeHead(200).flushHeaders()
      },
    )
    const { seen, record, signal } = recorder(2)
    await cluster.observe([reference], record, { signal })
    expect(seen).toEqual(['list 1', 'list 3'])
  })

  const two = [reference, { ...reference, namespace: 'stock' }]
  const inStock = { ...state('2', 'stock'), metadata: { ...state('2', 'x').metadata, namespace: 'stock' } }

  it('watches several namespaces by one stream, with the label', async () => {
    const cluster = await start(
      (_count, response) => items(response, '1', state('1', 'shop')),
      (_count, response) => response.writeHead(200).write(event('ADDED', inStock)),
    )
    const { seen, record, signal } = recorder(3)
    await cluster.observe(two, record, { signal, labelSelector: 'a=b' })
    expect(seen).toEqual(['shop', 'gone', 'stock'])
    const asked = server?.seen.map((each) => each.url).filter((url) => url.includes('/configmaps')) ?? []
    expect(asked.map((url) => url.split('?')[0])).toEqual(['/api/v1/configmaps', '/api/v1/configmaps'])
    expect(asked.every((url) => url.includes('labelSelector=a%3Db'))).toBe(true)
  })

  it('watches each namespace where all of them are forbidden, or where no label narrows them', async () => {
    for (const labelSelector of ['a=b', undefined]) {
      const lists: string[] = []
      server = await startFakeServer(({ url = '' }, response) => {
        const path = url.split('?')[0] ?? ''
        if (/^\/apis?$/.test(url)) return say(response, discoveryOf(url))
        if (url.includes('watch=1')) return void response.writeHead(200).flushHeaders()
        lists.push(path)
        if (!path.includes('/namespaces/')) return say(response, { message: 'no' }, 403)
        items(response, '1', path.includes('/stock/') ? inStock : state('1', 'shop'))
      })
      const { seen, record, signal } = recorder(2)
      await clusterOn('fake', server.connection).observe(two, record, {
        signal,
        ...(labelSelector ? { labelSelector } : {}),
      })
      expect(seen.sort()).toEqual(['shop', 'stock'])
      expect(lists.includes('/api/v1/configmaps')).toBe(labelSelector !== undefined)
      await server.close()
    }
  })

  it('watches all objects of a kind: what was there before, what changed, what went while nobody looked', async () => {
    const cluster = await start(
      (count, response) =>
        count === 1
          ? items(response, '10', state('1', 'one', 'one'), state('2', 'two', 'two'))
          : items(response, '20', state('2', 'two', 'two')),
      (count, response) => {
        response.writeHead(200)
        if (count === 1) response.end(event('ERROR', { kind: 'Status', code: 410 }))
        else response.write(event('DELETED', state('21', 'two', 'two')) + event('ADDED', state('22', 'three', 'three')))
      },
    )
    const stop = new AbortController()
    const seen: string[] = []
    await cluster.watch(
      'v1',
      'ConfigMap',
      (object, gone) => {
        seen.push(`${gone ? 'no ' : ''}${object.metadata.name}`)
        if (seen.length === 5) stop.abort()
      },
      { signal: stop.signal, namespace: 'shop', fieldSelector: 'type=x' },
    )
    expect(seen).toEqual(['one', 'two', 'no one', 'no two', 'three'])
    const watched = server?.seen.filter((each) => each.url.includes('/namespaces/shop/configmaps')) ?? []
    expect(watched.every((each) => each.url.includes('fieldSelector=type%3Dx'))).toBe(true)
  })

  it('ends at once by its signal', async () => {
    const { record, signal } = recorder(1)
    const cluster = await start(
      (_count, response) => items(response, '1', state('1', 'there')),
      (_count, response) => response.writeHead(200).flushHeaders(),
    )
    await cluster.observe([reference], record, { signal })
    expect(server?.seen.filter((each) => each.url.includes('watch=1'))).toHaveLength(0)
  })
})

describe.skipIf(!kubeconfig)(`observing a real cluster${skipped}`, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('observe')
  })
  afterAll(() => plane.close())

  it('sees what is there, made, changed and deleted', async () => {
    const path = `/api/v1/namespaces/${plane.namespace}/configmaps`
    const seen: string[] = []
    const stop = new AbortController()
    const merge = { contentType: 'application/merge-patch+json' }
    const next: Record<string, () => Promise<unknown>> = {
      gone: () => plane.raw('POST', path, { metadata: { name: 'web' }, data: { a: '1' } }),
      '1': () => plane.raw('PATCH', `${path}/web`, { data: { a: '2' } }, merge),
      '2': () => plane.raw('DELETE', `${path}/web`),
    }
    const done: Promise<unknown>[] = []
    await plane.cluster.observe(
      [{ ...reference, namespace: plane.namespace }],
      (_reference, object) => {
        const what = object ? (object.data as { a: string }).a : 'gone'
        seen.push(what)
        if (seen.length === 4) stop.abort()
        else done.push(next[what]?.() ?? Promise.resolve())
      },
      { signal: AbortSignal.any([stop.signal, AbortSignal.timeout(20_000)]) },
    )
    await Promise.all(done)
    expect(seen).toEqual(['gone', '1', '2', 'gone'])
  })

  it('sees several namespaces also where the whole cluster is forbidden', async () => {
    const spaces = [plane.namespace, randomName('observe')]
    plane.later(`/api/v1/namespaces/${spaces[1]}`)
    await plane.raw('POST', '/api/v1/namespaces', { metadata: { name: spaces[1] } })
    for (const namespace of spaces) {
      const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`
      const apiGroup = 'rbac.authorization.k8s.io'
      await plane.raw('POST', `${roles}/roles`, {
        metadata: { name: 'look' },
        rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }],
      })
      await plane.raw('POST', `${roles}/rolebindings`, {
        metadata: { name: 'look' },
        roleRef: { apiGroup, kind: 'Role', name: 'look' },
        subjects: [{ apiGroup, kind: 'User', name: 'viewer' }],
      })
      const metadata = { name: 'mine', labels: { observed: 'yes' } }
      await plane.raw('POST', `/api/v1/namespaces/${namespace}/configmaps`, { metadata, data: { a: namespace } })
    }
    const { path, remove } = kubeconfigWith({ token: 'viewer-token' })
    const connection = await connect({ kubeconfig: path })
    const { seen, record, stop } = recorder(2)
    const references = spaces.map((namespace) => ({ ...reference, namespace, name: 'mine' }))
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(20_000)])
    await clusterOn('viewer', connection).observe(references, record, { signal, labelSelector: 'observed=yes' })
    expect(seen.sort()).toEqual([...spaces].sort())
    await connection.close()
    remove()
  })
})
