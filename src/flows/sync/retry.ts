import { setTimeout as delay } from 'node:timers/promises'
import { DrydockError } from '../../core/model/errors.ts'
import { ClusterRefusal, type RefusalKind } from '../../core/model/refusal.ts'

/** Longest pause between two attempts, in ms; a server may ask for more. */
const maxPauseMs = 60_000

/**
 * Tries again what may heal by itself (too many requests, a server or webhook that is down), with doubling pauses and
 * jitter: 4 attempts in about 2 s unless told otherwise, and never sooner than the server's `Retry-After`. Everything else
 * is thrown at once.
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  options: {
    readonly limit?: number
    readonly backoffMs?: number
    readonly signal?: AbortSignal
    /** What may heal; default: `transient` and `conflict`. What carries a resourceVersion never heals of a conflict. */
    readonly kinds?: readonly RefusalKind[]
    /** Also when the server can't be reached: what was sent may have been done. */
    readonly unreachable?: boolean
    /** Called with each failure that is tried again. */
    readonly failed?: (thrown: unknown) => void
  } = {},
): Promise<T> {
  const { limit = 3, backoffMs = 250, signal, kinds = ['transient', 'conflict'], failed, unreachable = false } = options
  for (let tried = 0; ; tried += 1) {
    try {
      return await attempt()
    } catch (thrown) {
      const refused = thrown instanceof ClusterRefusal ? thrown : undefined
      const away = unreachable && thrown instanceof DrydockError && thrown.code === 'cluster-unreachable'
      if (tried >= limit || !(away || (refused && kinds.includes(refused.kind)))) throw thrown
      failed?.(thrown)
      const pause = Math.min(backoffMs * 2 ** tried, maxPauseMs) * (0.75 + Math.random() / 2)
      await delay(Math.max(pause, refused?.retryAfterMs ?? 0), undefined, signal ? { signal } : {})
    }
  }
}
