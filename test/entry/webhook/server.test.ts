import { createHmac, generateKeyPairSync } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { Hono } from 'hono'
import { Registry } from 'prom-client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { webhookMetrics } from '../../../src/entry/webhook/metrics.ts'
import { createServer, type ServerParts } from '../../../src/entry/webhook/server.ts'
import type { Log } from '../../../src/flows/ports.ts'
import type { Delivery, Job, PlanRecord } from '../../../src/flows/records.ts'
import { address, base, check, head, pullRequest, push } from './payloads.ts'

const secret = 'a secret of the tests, long enough'
const privateKey = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey

type Accepted = { readonly delivery: Delivery; readonly jobs: readonly Job[] }

/** Starts a server whose store remembers deliveries by id and meaning. */
async function start(parts: Partial<ServerParts> = {}) {
  const accepted: Accepted[] = []
  const lines: string[] = []
  const write = (message: string, fields?: object) => lines.push(`${message} ${JSON.stringify(fields ?? {})}`)
  const log: Log = { debug: write, info: write, warn: write, error: write }
  const registry = new Registry()
  const server = createServer(
    { appId: 7, privateKey, secret, host: '127.0.0.1', port: 0, production: true },
    {
      store: {
        accept: async (delivery, jobs) => {
          if (accepted.some((each) => each.delivery.meaning === delivery.meaning)) return false
          accepted.push({ delivery, jobs })
          return true
        },
        plansAtHead: async () => [],
      },
      log,
      metrics: webhookMetrics(registry),
      pages: new Hono().get('/page', (context) => context.text('a page')),
      ...parts,
    },
  )
  const { port } = await server.start()
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= server.stop()
    return stopped
  }
  onTestFinished(stop)
  const url = `http://127.0.0.1:${port}`
  const send = (body: string, headers: Record<string, string | undefined> = {}) => {
    const all = { ...signed(body), ...headers }
    const given = Object.entries(all).filter((each): each is [string, string] => each[1] !== undefined)
    return fetch(`${url}/api/github/webhooks`, { method: 'POST', body, headers: given })
  }
  const metrics = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('drydock_'))
  return { url, port, send, accepted, lines, metrics, stop }
}

const signatureOf = (body: string, algorithm = 'sha256', key = secret) =>
  `${algorithm}=${createHmac(algorithm, key).update(body).digest('hex')}`

const signed = (body: string) => ({
  'content-type': 'application/json',
  'x-github-event': 'push',
  'x-github-delivery': 'guid-1',
  'x-hub-signature-256': signatureOf(body),
})

const body = JSON.stringify(push())

describe('a webhook', () => {
  it('is stored with its jobs and answered', async () => {
    const { send, accepted } = await start()
    const answer = await send(body)
    expect(answer.status).toBe(200)
    expect(accepted).toEqual([
      {
        delivery: { id: 'guid-1', event: 'push', meaning: `push:1:refs/heads/feature/x:${base}:${head}` },
        jobs: [
          { kind: 'push', repository: address, branch: 'feature/x', before: base, pusher: 'ann' },
          { kind: 'base-moved', repository: address, branch: 'feature/x' },
        ],
      },
    ])
  })

  it.each<[string, Record<string, string | undefined>, string | undefined]>([
    ['no signature', { 'x-hub-signature-256': undefined }, undefined],
    ['an empty signature', { 'x-hub-signature-256': '' }, undefined],
    ['the signature of another secret', { 'x-hub-signature-256': signatureOf(body, 'sha256', 'other') }, undefined],
    ['the signature of an empty secret', { 'x-hub-signature-256': signatureOf(body, 'sha256', '') }, undefined],
    ['a SHA-1 signature', { 'x-hub-signature-256': signatureOf(body, 'sha1') }, undefined],
    [
      'only the old SHA-1 header',
      { 'x-hub-signature-256': undefined, 'x-hub-signature': signatureOf(body, 'sha1') },
      undefined,
    ],
    ['an altered body', { 'x-hub-signature-256': signatureOf(body) }, body.replace('acme', 'evil')],
    ['a body that only looks the same', { 'x-hub-signature-256': signatureOf(body) }, `${body} `],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, undefined],
    ['no delivery id', { 'x-github-delivery': undefined }, undefined],
    ['no event', { 'x-github-event': undefined }, undefined],
  ])('with %s is refused and leaves nothing behind', async (_name, headers, other) => {
    const { send, accepted, metrics, lines } = await start()
    const answer = await send(other ?? body, headers)
    expect([400, 415]).toContain(answer.status)
    expect(accepted).toEqual([])
    expect(await metrics()).toContain('drydock_webhook_deliveries_total{event="other",result="refused"} 1')
    expect(lines.join('\n')).not.toContain('refs/heads')
  })

  it.each([['{"a":'], ['[]'], ['null'], ['"text"'], ['']])('that says %j is refused, not a crash', async (text) => {
    const { send, accepted } = await start()
    expect((await send(text)).status).toBe(400)
    expect(accepted).toEqual([])
    expect((await send(body)).status).toBe(200)
  })

  it.each([
    ['{}'],
    ['{"action":[],"installation":[],"repository":null}'],
    ['{"installation":{"id":"x"},"repository":{}}'],
    ['{"__proto__":{"x":1},"constructor":1}'],
  ])('that says %s is ignored with a line in the log', async (text) => {
    const { send, accepted, lines } = await start()
    expect((await send(text)).status).toBe(200)
    expect(accepted).toEqual([])
    expect(lines).toContainEqual(expect.stringContaining('Webhook ignored {"delivery":"guid-1"'))
  })

  it('that is too large is answered before it is read, by its length or while it arrives', async () => {
    const { send, url, accepted } = await start({ bodyLimit: 1000 })
    const large = JSON.stringify({ ...push(), padding: 'x'.repeat(2000) })
    expect((await send(large)).status).toBe(413)
    const stream = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode(large))
        controller.close()
      },
    })
    const unknownLength = { method: 'POST', body: stream, headers: signed(large), duplex: 'half' }
    const answer = await fetch(`${url}/api/github/webhooks`, unknownLength as RequestInit)
    expect(answer.status).toBe(413)
    expect(accepted).toEqual([])
  })

  it('of a hundred megabytes gets its answer while it is still being sent', async () => {
    const { port } = await start()
    const length = 100 * 1024 * 1024
    const status = await new Promise((resolve, reject) => {
      const headers = { ...signed(body), 'content-length': length }
      const sent = httpRequest({ port, method: 'POST', path: '/api/github/webhooks', headers }, (answer) =>
        resolve(answer.statusCode),
      )
      sent.on('error', reject)
      sent.write('{')
    })
    expect(status).toBe(413)
  })

  it('that comes twice, or by two hooks, has one effect', async () => {
    const { send, accepted, metrics } = await start()
    await send(body)
    expect((await send(body)).status).toBe(200)
    expect((await send(body, { 'x-github-delivery': 'guid-2' })).status).toBe(200)
    expect(accepted).toHaveLength(1)
    expect(await metrics()).toContain('drydock_webhook_deliveries_total{event="push",result="duplicate"} 2')
  })

  it('that could not be stored is a 5xx without what the database said', async () => {
    const accept = async () => {
      throw new Error('connection to postgres://drydock:hunter2@db failed')
    }
    const { send, metrics } = await start({ store: { accept, plansAtHead: async () => [] } })
    const answer = await send(body)
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toMatch(/postgres|hunter2/)
    expect(await metrics()).toContain('drydock_webhook_deliveries_total{event="push",result="failed"} 1')
  })

  it('whose store hangs is a 5xx, not the "still processing" of Probot that GitHub counts as delivered', async () => {
    const stored = Promise.withResolvers<boolean>()
    const parts = { store: { accept: () => stored.promise, plansAtHead: async () => [] }, storeTimeout: 20 }
    const { send } = await start(parts)
    const answer = await send(body)
    stored.resolve(true)
    expect(answer.status).toBe(500)
  })

  it('of an event that nobody heard of makes no new label', async () => {
    const { send, metrics } = await start()
    expect((await send(body, { 'x-github-event': 'made_up' })).status).toBe(200)
    expect((await metrics()).join('\n')).not.toContain('made_up')
  })

  it('is measured', async () => {
    const { send, metrics } = await start()
    await send(body)
    expect(await metrics()).toContain('drydock_webhook_ack_seconds_count 1')
  })

  it('that re-runs a check of a fork plans what was planned at its head', async () => {
    const record = (number?: number) => ({ number }) as PlanRecord
    const jobs: Job[] = []
    const accept = async (_delivery: Delivery, given: readonly Job[]) => {
      jobs.push(...given)
      return true
    }
    const plansAtHead = async () => [record(3), record(3), record(), record(4)]
    const { send } = await start({ store: { accept, plansAtHead } })
    await send(JSON.stringify(check('check_run', 7, [])), {
      'x-github-event': 'check_run',
      'x-hub-signature-256': signatureOf(JSON.stringify(check('check_run', 7, []))),
    })
    expect(jobs.map((job) => job.kind === 'plan' && job.number)).toEqual([3, 4])
  })
})

describe('the server', () => {
  it('serves other pages, and 404 for what is none', async () => {
    const { url } = await start()
    expect(await (await fetch(`${url}/page`)).text()).toBe('a page')
    expect((await fetch(`${url}/nothing`)).status).toBe(404)
    expect((await fetch(`${url}/api/github/webhooks`)).status).toBe(404)
  })

  it('stops after the delivery that it is storing, and its sender hears of it', async () => {
    const begun = Promise.withResolvers<void>()
    const stored = Promise.withResolvers<boolean>()
    const accept = () => {
      begun.resolve()
      return stored.promise
    }
    const { send, stop, url } = await start({ store: { accept, plansAtHead: async () => [] } })
    const answer = send(body)
    await begun.promise
    let stopped = false
    const stopping = stop().then(() => {
      stopped = true
    })
    await expect(fetch(`${url}/page`)).rejects.toThrow()
    expect(stopped).toBe(false)
    stored.resolve(true)
    expect((await answer).status).toBe(200)
    await stopping
  })

  it('waits with its end for a write that outlived its request', async () => {
    const stored = Promise.withResolvers<boolean>()
    const parts = { store: { accept: () => stored.promise, plansAtHead: async () => [] }, storeTimeout: 20 }
    const { send, stop } = await start(parts)
    await send(body)
    let stopped = false
    const stopping = stop().then(() => {
      stopped = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(stopped).toBe(false)
    stored.resolve(true)
    await stopping
  })

  it('says which port is taken', async () => {
    const { port } = await start()
    const other = createServer(
      { appId: 7, privateKey, secret, host: '127.0.0.1', port, production: true },
      {
        store: { accept: async () => true, plansAtHead: async () => [] },
        log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
        metrics: webhookMetrics(new Registry()),
        pages: new Hono(),
      },
    )
    await expect(other.start()).rejects.toMatchObject({ code: 'usage', message: `Port ${port} is in use.` })
  })

  it('logs no payload of a delivery that was refused for its signature', async () => {
    const { send, lines } = await start()
    const text = JSON.stringify(pullRequest('opened', { title: 'a title that nobody signed' }))
    await send(text, { 'x-hub-signature-256': signatureOf('other') })
    expect(lines.filter((line) => line.startsWith('Webhook refused'))).toHaveLength(1)
    expect(lines.join()).not.toContain('nobody signed')
  })
})
