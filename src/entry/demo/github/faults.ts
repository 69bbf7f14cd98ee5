/** What goes wrong with a request. */
export type RequestFaultKind =
  /** 403 with no requests left (`x-ratelimit-reset` in the future). */
  | 'rate-limit'
  /** 403 with `retry-after`. */
  | 'secondary-rate-limit'
  /** 429 with `retry-after`. */
  | 'too-many-requests'
  /** A 5xx (502 unless `status` says otherwise); nothing was done. */
  | 'server-error'
  /** The effect happens, then the connection is cut before the answer. */
  | 'lost-reply'
  /** The connection is cut before anything happens. */
  | 'cut'
  /** Everything as usual, `ms` later. */
  | 'delay'

/** Spoils the next `times` requests that match. */
export type RequestFault = {
  readonly kind: RequestFaultKind
  readonly method?: string
  /** Text: a part of the path or the whole route template. Not given: every path. */
  readonly path?: string | RegExp
  /** 1 unless given; `Infinity` until {@link Faults.clear}. */
  readonly times?: number
  readonly status?: number
  /** Seconds of `retry-after`, or until the limit is reset: 1 unless given. */
  readonly retryAfter?: number
  readonly ms?: number
}

/** What goes wrong with a webhook. */
export type WebhookFaultKind =
  /** It never arrives; listed as failed, and may be redelivered. */
  | 'drop'
  /** Sent twice with one GUID. */
  | 'duplicate'
  /** Sent twice with two GUIDs, as when two hooks are registered. */
  | 'duplicate-other-guid'
  /** Kept back until the next webhook was sent. */
  | 'reorder'
  /** Sent `ms` later; others overtake it. */
  | 'delay'

/** Spoils the next `times` webhooks that match. */
export type WebhookFault = {
  readonly kind: WebhookFaultKind
  readonly event?: string
  readonly action?: string
  readonly times?: number
  readonly ms?: number
}

/** The faults that wait to happen. */
export type Faults = {
  readonly request: (fault: RequestFault) => void
  readonly webhook: (fault: WebhookFault) => void
  /** Forgets every fault that didn't happen yet. */
  readonly clear: () => void
  readonly takeRequest: (method: string, route: string, path: string) => RequestFault | undefined
  readonly takeWebhook: (event: string, action: string | null) => WebhookFault | undefined
}

type Armed<F> = { readonly fault: F; left: number }

function take<F>(armed: Armed<F>[], matches: (fault: F) => boolean): F | undefined {
  const found = armed.find((each) => each.left > 0 && matches(each.fault))
  if (!found) return undefined
  found.left -= 1
  return found.fault
}

/** Makes an empty list of faults. */
export function createFaults(): Faults {
  let requests: Armed<RequestFault>[] = []
  let webhooks: Armed<WebhookFault>[] = []
  return {
    request: (fault) => requests.push({ fault, left: fault.times ?? 1 }),
    webhook: (fault) => webhooks.push({ fault, left: fault.times ?? 1 }),
    clear: () => {
      requests = []
      webhooks = []
    },
    takeRequest: (method, route, path) =>
      take(requests, (fault) => {
        if (fault.method && fault.method !== method) return false
        if (fault.path === undefined) return true
        return typeof fault.path === 'string'
          ? fault.path === route || path.includes(fault.path)
          : fault.path.test(path)
      }),
    takeWebhook: (event, action) =>
      take(
        webhooks,
        (fault) => (fault.event ?? event) === event && (fault.action === undefined || fault.action === action),
      ),
  }
}
