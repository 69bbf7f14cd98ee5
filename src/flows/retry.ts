import { setTimeout as delay } from 'node:timers/promises'
import { ClusterRefusal, type RefusalKind } from '../core/model/refusal.ts'

/**
 * Tries again what may heal by itself (too many requests, a server or webhook that is down), with doubling pauses and
 * jitter: 4 attempts in about 2 s unless told otherwise. Everything else is thrown at once.
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  options: {
    readonly limit?: number
    readonly backoffMs?: number
    readonly signal?: AbortSignal
    /** What may heal; default: `transient` and `conflict`. What carries a resourceVersion never heals of a conflict. */
    readonly kinds?: readonly RefusalKind[]
  } = {},
): Promise<T> {
  const { limit = 3, backoffMs = 250, signal, kinds = ['transient', 'conflict'] } = options
  for (let tried = 0; ; tried += 1) {
    try {
      return await attempt()
    } catch (thrown) {
      if (tried >= limit || !(thrown instanceof ClusterRefusal) || !kinds.includes(thrown.kind)) throw thrown
      await delay(backoffMs * 2 ** tried * (0.75 + Math.random() / 2), undefined, signal ? { signal } : {})
    }
  }
}
