import type { HistoryDocument, PastSync } from '../../../src/core/history/documents.ts'
import type { SyncOutcome, SyncState } from '../../../src/core/model/outcome.ts'

/** When these histories are looked at. */
export const now = '2026-11-21T16:00:00.000Z'

/** The head of a document about the app of these samples. */
export const head = { apiVersion: 'drydock.dev/v1', repository: 'acme/shop', app: 'web' } as const

/** A sync of this state, as far as nothing else is said. */
export function pastSync(state: SyncState, more: Partial<PastSync> = {}, outcome: Partial<SyncOutcome> = {}): PastSync {
  const revision = 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334'
  return {
    id: '3f2a9c1e-7b54-4d10-9a6e-52d8c0b1e7f4',
    cluster: 'production',
    branch: 'main',
    revision,
    number: 42,
    actor: 'alice',
    createdAt: '2026-11-21T14:03:00.000Z',
    outcome: {
      app: 'web',
      cluster: 'production',
      revision,
      state,
      objects: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          namespace: 'shop',
          name: 'web',
          result: 'configured',
          durationMs: 1200,
        },
        { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'web', result: 'unchanged' },
      ],
      problems: [],
      durationMs: 48_000,
      ...outcome,
    },
    ...more,
  }
}

/** A history of these syncs. */
export function historyOf(...syncs: readonly PastSync[]): HistoryDocument {
  return { ...head, kind: 'History', syncs }
}
