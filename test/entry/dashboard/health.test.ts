import { describe, expect, it } from 'vitest'
import { createHealth, createRegistry } from '../../../src/entry/dashboard/health.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const registry = createRegistry()
const health = (checks: Record<string, () => Promise<void>>) => createHealth({ checks, registry, log, timeout: 20 })

describe('health', () => {
  it('is ready when every part is', async () => {
    const answer = await health({ database: async () => {}, jobs: async () => {} }).request('/readyz')
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ ready: true, checks: { database: 'ok', jobs: 'ok' } })
  })

  it.each([
    ['fails', () => Promise.reject(new Error('password authentication failed'))],
    ['hangs', () => new Promise<void>(() => {})],
  ])('is not ready when a part %s, alive all the same, and keeps the reason to itself', async (_name, database) => {
    const pages = health({ database, jobs: async () => {} })
    const answer = await pages.request('/readyz')
    expect(answer.status).toBe(503)
    expect(await answer.json()).toEqual({ ready: false, checks: { database: 'failed', jobs: 'ok' } })
    expect((await pages.request('/livez')).status).toBe(200)
  })

  it('shows the metrics of the process', async () => {
    const answer = await health({}).request('/metrics')
    expect(answer.headers.get('content-type')).toContain('text/plain')
    expect(await answer.text()).toContain('process_cpu_seconds_total')
  })
})
