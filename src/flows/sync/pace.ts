import pLimit from 'p-limit'
import { ClusterRefusal } from '../../core/model/refusal.ts'

/** Requests that write to one API server at a time: at first, and at most. */
const first = 8
const most = 24

/** Runs requests side by side, as many as the server bears. */
export type Pace = {
  readonly run: <T>(request: () => Promise<T>) => Promise<T>
  /** Tells of each attempt that failed: a 429 halves the window. */
  readonly failed: (thrown: unknown) => void
}

/**
 * A window as TCP's: half as wide after each 429 of the server (API priority and fairness), wider by one after as many
 * requests as fit into it went well.
 */
export function createPace(): Pace {
  const limit = pLimit(first)
  let well = 0
  return {
    run: (request) =>
      limit(async () => {
        const answer = await request()
        well += 1
        if (well >= limit.concurrency && limit.concurrency < most) {
          limit.concurrency += 1
          well = 0
        }
        return answer
      }),
    failed: (thrown) => {
      if (!(thrown instanceof ClusterRefusal) || thrown.status !== 429) return
      limit.concurrency = Math.max(1, Math.floor(limit.concurrency / 2))
      well = 0
    },
  }
}
