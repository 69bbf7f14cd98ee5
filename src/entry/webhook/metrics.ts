import { Counter, Histogram, type Registry } from 'prom-client'
import { usedEvents } from './jobs-of.ts'

/** How a delivery ended. `refused`: not signed by GitHub, too large or not JSON. */
export type DeliveryResult = 'accepted' | 'duplicate' | 'ignored' | 'refused' | 'failed'

/** What the webhook entry counts. */
export type WebhookMetrics = {
  readonly count: (event: string | undefined, result: DeliveryResult) => void
  /** Time from the request to the end of its answer. */
  readonly acknowledged: (seconds: number) => void
}

/** Makes the metrics of the webhook entry in a registry. */
export function webhookMetrics(registry: Registry): WebhookMetrics {
  const deliveries = new Counter({
    name: 'drydock_webhook_deliveries_total',
    help: 'Webhook deliveries by event and result',
    labelNames: ['event', 'result'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'drydock_webhook_ack_seconds',
    help: 'Time from a webhook request to the end of its answer',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  return {
    // The event is a header that anybody can send: names that aren't known would make labels without end.
    count: (event, result) => deliveries.inc({ event: event && usedEvents.includes(event) ? event : 'other', result }),
    acknowledged: (time) => seconds.observe(time),
  }
}
