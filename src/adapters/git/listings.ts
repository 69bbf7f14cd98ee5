import type { GitEntry } from './tree.ts'

/** Entries by their paths, in git's order. */
export type Listing = ReadonlyMap<string, GitEntry>

/** Entries that are kept, about 300 bytes each. */
const MAX_ENTRIES = 100_000

/** Keeps listings, whose keys name what never changes. The least recently used goes first; a failure is not kept. */
export function listingCache(maxEntries = MAX_ENTRIES): {
  readonly get: (key: string) => Promise<Listing> | undefined
  readonly set: (key: string, listing: Promise<Listing>) => void
} {
  const kept = new Map<string, { readonly listing: Promise<Listing>; size: number }>()
  let total = 0
  const drop = (key: string): void => {
    total -= kept.get(key)?.size ?? 0
    kept.delete(key)
  }
  return {
    get: (key) => {
      const found = kept.get(key)
      if (!found) return undefined
      kept.delete(key)
      kept.set(key, found)
      return found.listing
    },
    set: (key, listing) => {
      if (kept.get(key)?.listing === listing) return
      drop(key)
      // An empty folder takes space too.
      const entry = { listing, size: 1 }
      kept.set(key, entry)
      total += 1
      listing.then(
        ({ size }) => {
          if (kept.get(key) !== entry) return
          if (size > maxEntries) return drop(key)
          entry.size += size
          total += size
          for (const oldest of kept.keys()) {
            if (total <= maxEntries) return
            drop(oldest)
          }
        },
        () => {
          if (kept.get(key) === entry) drop(key)
        },
      )
    },
  }
}
