import { fullName } from '../../core/model/repository.ts'
import type { SyncRecord } from '../records.ts'

/** Tells syncs that run in this process that a newer one of their app was queued: nobody waits for a look at the store. */
export type Overtaking = {
  readonly tell: (newer: SyncRecord) => void
  /** Returns how to stop listening. */
  readonly listen: (record: SyncRecord, overtaken: () => void) => () => void
}

/** One for each process; a sync of another process finds its successor in the store a moment later. */
export function createOvertaking(): Overtaking {
  const listeners = new Map<string, Set<() => void>>()
  const keyOf = ({ repository, app, cluster }: SyncRecord) =>
    JSON.stringify([fullName(repository).toLowerCase(), app, cluster])
  return {
    tell: (newer) => {
      for (const overtaken of [...(listeners.get(keyOf(newer)) ?? [])]) overtaken()
    },
    listen: (record, overtaken) => {
      const key = keyOf(record)
      const set = listeners.get(key) ?? new Set()
      listeners.set(key, set.add(overtaken))
      return () => {
        set.delete(overtaken)
        if (set.size === 0) listeners.delete(key)
      }
    },
  }
}
