import type { ApplicationFunction } from 'probot'
import { problemsOf } from '../../core/model/errors.ts'
import type { Json } from '../../core/model/object.ts'
import type { Log, Store } from '../../flows/ports.ts'
import { jobsOf, type Meaning } from './jobs-of.ts'
import type { WebhookMetrics } from './metrics.ts'

/** What the webhook handler needs. */
export type WebhookParts = {
  readonly appId: number
  readonly store: Pick<Store, 'accept' | 'plansAtHead'>
  readonly log: Log
  readonly metrics: WebhookMetrics
  /** Time for the store, in ms; below the 9 s after which Probot would answer as if all were well. */
  readonly storeTimeout: number
  /** Told of work that may outlive its request. */
  readonly track: (work: Promise<unknown>) => void
}

/** What Probot passes to a handler, as far as it is used. */
type Context = { readonly id: string; readonly name: string; readonly payload: unknown }

/**
 * Drydock as a Probot application: writes a verified delivery and its jobs in one transaction and does nothing else.
 * Throws when that failed, so that GitHub sees a 5xx and the delivery can be sent again.
 */
export function drydockApp(parts: WebhookParts): ApplicationFunction {
  return (app) => {
    app.onAny(((context: Context) => receive(context, parts)) as Parameters<typeof app.onAny>[0])
  }
}

async function receive({ id, name, payload }: Context, parts: WebhookParts): Promise<void> {
  const { log, metrics } = parts
  const fields = { delivery: id, event: name }
  const meaning = jobsOf(name, payload as Json, { deliveryId: id, appId: parts.appId })
  if ('ignored' in meaning) {
    log[meaning.malformed ? 'warn' : 'debug']('Webhook ignored', { ...fields, reason: meaning.ignored })
    metrics.count(name, 'ignored')
    return
  }
  try {
    const work = accept(meaning, { id, event: name }, parts)
    parts.track(work)
    const result = await within(work, parts.storeTimeout)
    log.info('Webhook accepted', { ...fields, result })
    metrics.count(name, result)
  } catch (thrown) {
    metrics.count(name, 'failed')
    log.error('Webhook not stored', { ...fields, problems: problemsOf(thrown), error: nameOf(thrown) })
    // This text is the answer: what the database said stays in the log.
    throw new Error('The delivery could not be stored; redeliver it.')
  }
}

async function accept(
  { meaning, jobs, atHead }: Exclude<Meaning, { ignored: string }>,
  delivery: { readonly id: string; readonly event: string },
  { store }: WebhookParts,
): Promise<'accepted' | 'duplicate' | 'ignored'> {
  const plans = atHead ? await store.plansAtHead(atHead.repository, atHead.head) : []
  const numbers = new Set(plans.map((plan) => plan.number).filter((number) => number !== undefined))
  const all = [...jobs, ...(atHead ? [...numbers].map(atHead.plan) : [])]
  if (all.length === 0) return 'ignored'
  return (await store.accept({ ...delivery, meaning }, all)) ? 'accepted' : 'duplicate'
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const nameOf = (thrown: unknown) =>
  thrown instanceof Error ? `${thrown.name}: ${thrown.message}`.slice(0, 300) : 'unknown'
