import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { clusterOn } from '../../../src/adapters/kubernetes/cluster.ts'
import type { LiveObject } from '../../../src/core/model/object.ts'
import { type ControlPlane, kubeconfig, openControlPlane, skipped } from './control-plane.ts'
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
})
