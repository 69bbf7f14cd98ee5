import { Hono } from 'hono'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Log } from '../../flows/ports.ts'

/** What `/readyz` asks, by name; a check throws or hangs when its part isn't ready. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<void>>>

/** What the health pages need. */
export type HealthParts = {
  readonly checks: ReadinessChecks
  readonly registry: Registry
  readonly log: Log
  /** Time for each check, in ms; default 2000. */
  readonly timeout?: number
}

/** A registry with the metrics of the process itself. */
export function createRegistry(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return registry
}

/**
 * `/livez`: the process turns. `/readyz`: every part answers, else 503 with the names of those that don't (why is in
 * the log). `/metrics`: Prometheus' text format.
 */
export function createHealth(parts: HealthParts): Hono {
  const pages = new Hono()
  pages.get('/livez', (context) => context.text('ok'))
  pages.get('/readyz', async (context) => {
    const names = Object.keys(parts.checks)
    const results = await Promise.all(names.map(async (name) => [name, await passes(name, parts)] as const))
    const ready = results.every(([, passed]) => passed)
    const checks = Object.fromEntries(results.map(([name, passed]) => [name, passed ? 'ok' : 'failed']))
    return context.json({ ready, checks }, ready ? 200 : 503)
  })
  pages.get('/metrics', async (context) =>
    context.body(await parts.registry.metrics(), 200, { 'content-type': parts.registry.contentType }),
  )
  return pages
}

async function passes(name: string, { checks, log, timeout = 2000 }: HealthParts): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeout} ms`)), timeout)
  })
  try {
    await Promise.race([checks[name]?.(), late])
    return true
  } catch (error) {
    log.warn('Not ready', { check: name, error: error instanceof Error ? error.message : 'unknown' })
    return false
  } finally {
    clearTimeout(timer)
  }
}
