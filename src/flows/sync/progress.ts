/** The states of something that runs, of which a few are written down. */
export type Progress<T> = {
  readonly note: (state: T) => void
  /** Forgets what is not written yet, and waits for what is being written: the end of it comes after all of them. */
  readonly end: () => Promise<void>
}

/** Writes the newest state at most once in so many ms, the last one too: what then takes long is not hidden by what was before. */
export function createProgress<T>(everyMs: number, write: (state: T) => Promise<void>): Progress<T> {
  let written = Number.NEGATIVE_INFINITY
  let newest: T | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let writing: Promise<void> = Promise.resolve()
  const flush = () => {
    const state = newest
    timer = undefined
    newest = undefined
    written = performance.now()
    if (state !== undefined) writing = writing.then(() => write(state))
  }
  return {
    note: (state) => {
      newest = state
      timer ??= setTimeout(flush, Math.max(0, written + everyMs - performance.now()))
    },
    end: async () => {
      clearTimeout(timer)
      timer = undefined
      newest = undefined
      await writing
    },
  }
}
