import type { EventEmitter } from 'node:events'

/**
 * Resolves with what `probe` finds as soon as it finds something: asked now, and after each change. Throws after
 * `timeoutMs` (30,000 unless given), saying what was waited for. An error of `probe` ends it too.
 */
export function waitFor<T>(
  emitter: EventEmitter,
  probe: () => T | undefined | null | false,
  options: { readonly timeoutMs?: number; readonly what?: string } = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? 30_000
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer)
      emitter.off('change', look)
      settle()
    }
    const look = () => {
      try {
        const found = probe()
        if (found !== undefined && found !== null && found !== false) end(() => resolve(found))
      } catch (error) {
        end(() => reject(error))
      }
    }
    const late = () => end(() => reject(new Error(`Waited ${timeoutMs} ms in vain for ${options.what ?? 'a change'}.`)))
    const timer = setTimeout(late, timeoutMs)
    emitter.on('change', look)
    look()
  })
}
