import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../flows/ports.ts'
import { askedWait, isUncertain } from './refusal.ts'

/** Longest time that one request waits for GitHub's rate limits, in seconds; past it the job is tried again later. */
const maxWait = 60

/** How long a second is (1000 ms; shorter in tests), and where waits are logged. */
export type Timing = { readonly secondMs: number; readonly log: Log }

/** Sends again after the time that GitHub asks for, at most 60 s in all. A refusal for rate limits did nothing. */
export async function patiently<T>(send: () => Promise<T>, timing: Timing): Promise<T> {
  let waited = 0
  for (;;) {
    try {
      return await send()
    } catch (error) {
      const seconds = askedWait(error, Date.now())
      if (seconds === undefined || waited + seconds > maxWait) throw error
      waited += seconds
      timing.log.warn('GitHub asks to wait', { seconds })
      await sleep(seconds * timing.secondMs)
    }
  }
}

/**
 * Creates something that must not be there twice: after a lost or doubtful answer it is looked for before it is
 * created again. Three tries.
 */
export async function createOnce(
  create: () => Promise<number>,
  find: () => Promise<number | undefined>,
  timing: Timing,
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await create()
    } catch (error) {
      if (!isUncertain(error) || attempt === 3) throw error
      timing.log.warn('GitHub did not say whether it created this; looking for it', { attempt })
      await sleep(attempt * timing.secondMs)
      const found = await find()
      if (found !== undefined) return found
    }
  }
}
