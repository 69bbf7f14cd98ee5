import type { Change } from '../model/change.ts'
import type { Phase } from '../model/directives.ts'
import type { ObjectOutcome, SyncOutcome } from '../model/outcome.ts'
import { identityOf } from '../model/reference.ts'

/** Hooks of these phases prepare what the commit needs; the others look at it, or tidy up. */
const preparing: readonly Phase[] = ['pre-sync', 'sync']

/**
 * What these syncs, which came after a revision, ran to prepare what they applied: Jobs and other hooks. Going back to
 * the revision doesn't take back what those did, so that each is a change with the risk `migration`.
 */
export function undoneBy(later: readonly SyncOutcome[]): readonly Change[] {
  const ran = later.flatMap(({ objects }) => objects.filter(hasPrepared))
  const all = new Map(ran.map((each) => [identityOf(each), each]))
  return [...all.values()].map(({ apiVersion, kind, namespace, name }) => ({
    apiVersion,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    action: 'update',
    summary: [],
    fields: [],
    preview: 'client',
    risks: ['migration'],
  }))
}

/** One that failed may have done half of its work. */
function hasPrepared({ kind, hook, result }: ObjectOutcome): boolean {
  if (hook !== undefined) return preparing.includes(hook)
  return kind === 'Job' && ['created', 'replaced', 'failed'].includes(result)
}
