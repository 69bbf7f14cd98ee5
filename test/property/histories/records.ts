import type { Pin } from '../../../src/core/model/inventory.ts'
import type { Store } from '../../../src/flows/ports.ts'
import type { SyncRecord } from '../../../src/flows/records.ts'

/** The store, with an eye on what becomes of each sync: it ends once, unless somebody queues it again. */
export function recordsOf(store: Store, wrong: string[], pinned: (app: string, pin: Pin | undefined) => void) {
  const ended = new Map<string, SyncRecord>()
  const seen = new Map<string, SyncRecord>()
  const note = (record: SyncRecord): void => {
    const before = ended.get(record.id)
    const { state } = record.outcome
    // What is held waits still: a newer one may take its place.
    const waited = before?.outcome.state === 'held' && state === 'superseded'
    if (before && before.outcome.state !== state && !waited) {
      wrong.push(`the sync of ${record.app} ended as ${before.outcome.state}, and became ${state} after that`)
    }
    seen.set(record.id, record)
    if (record.finishedAt === undefined) return
    if (state === 'queued' || state === 'running') wrong.push(`the sync of ${record.app} ended while it was ${state}`)
    ended.set(record.id, record)
  }
  const watched: Store = {
    ...store,
    saveSync: async (record, report) => {
      await store.saveSync(record, report)
      note(record)
    },
    advance: async (repository, branch, commit, syncs) => {
      await store.advance(repository, branch, commit, syncs)
      for (const each of syncs) if (!seen.has(each.id)) note(each)
    },
    changeAppState: async (address, change) => {
      await store.changeAppState(address, change)
      pinned(address.app, (await store.appState(address))?.pin)
    },
    requeueSync: async (id, changes) => {
      const done = await store.requeueSync(id, changes)
      if (done) ended.delete(id)
      return done
    },
  }
  return {
    store: watched,
    /** Every sync that there ever was, as it was saved last; those of a lost database too. */
    all: (): readonly SyncRecord[] => [...seen.values()],
    /** The newest sync of an app. */
    latest: (app: string): SyncRecord | undefined => [...seen.values()].findLast((each) => each.app === app),
    /** A lost database ends nothing. */
    forget: (): void => {
      seen.clear()
      ended.clear()
    },
  }
}
