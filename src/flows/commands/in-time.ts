import { setTimeout as delay } from 'node:timers/promises'
import { DrydockError } from '../../core/model/errors.ts'

/** How long the newest state of GitHub or Git is waited for where what is known here would do, in ms. */
const patience = 2_000

/** What `work` answers, if it does so at once. Throws what it throws, and `github-failed` where it takes too long. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  const timer = new AbortController()
  const late = delay(patience, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new DrydockError('github-failed', 'GitHub did not answer in time.')
  })
  try {
    return await Promise.race([work, late])
  } finally {
    timer.abort()
    late.catch(() => undefined)
  }
}
