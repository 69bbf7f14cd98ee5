import { hunksBetween } from '../diff/hunks.ts'
import type { Masker } from '../diff/mask.ts'
import type { Change, Risk } from '../model/change.ts'
import type { Directives } from '../model/directives.ts'
import type { Problem } from '../model/errors.ts'
import { fieldManager, isMember } from '../model/inventory.ts'
import { type LiveObject, textAt } from '../model/object.ts'
import { describeReference, groupOf, identityOf, type ObjectReference, referenceOf } from '../model/reference.ts'
import { liveDirectives } from '../sync/directives.ts'
import { ownIds } from '../sync/renames.ts'
import { holdingOf } from './contents.ts'
import type { AppFacts, LeftoverFacts } from './facts.ts'

/** What a leftover is judged by. */
type Judged = Pick<AppFacts, 'app' | 'inventory' | 'skipped'> & Partial<Pick<AppFacts, 'objects'>>

/** What becomes of an object that the app owns and no longer renders. */
export type Fate =
  | { readonly is: 'gone' }
  /** Another app has it now: it is left to that one, and belongs to this inventory no more. */
  | { readonly is: 'released' }
  /** Not deleted; it stays in the inventory. */
  | { readonly is: 'kept'; readonly why: string }
  | { readonly is: 'deleted'; readonly confirm: boolean; readonly first: boolean }

/**
 * Decides what becomes of a leftover. It is deleted only when it carries our label, our field manager wrote it, it is the
 * one of the inventory, no other app of the repository has it now, and nothing protects it.
 */
export function fateOf(facts: LeftoverFacts, app: Judged): Fate {
  const { live } = facts
  if (!live) return { is: 'gone' }
  const ours = ownIds(app.inventory).some((id) => isMember(live, id))
  if (facts.claimedBy !== undefined) {
    // Until that app has taken it over, it may still come back to us: nobody else would ever delete it.
    return ours ? { is: 'kept', why: `it is handed over to ${facts.claimedBy}` } : { is: 'released' }
  }
  if (live.metadata.deletionTimestamp !== undefined) return { is: 'kept', why: 'it is being deleted already' }
  const directives = strictest(facts, live)
  const why = foreignReason(facts, live, ours) ?? protection(facts, directives, app)
  if (why !== undefined) return { is: 'kept', why }
  return {
    is: 'deleted',
    confirm: app.app.sync.prune === 'confirm' || directives.prune === 'confirm',
    first: directives.prune === 'first',
  }
}

/** What leaves the inventory although it is live. */
export function releasedOf(facts: AppFacts): readonly ObjectReference[] {
  return facts.leftovers.filter((each) => fateOf(each, facts).is === 'released').map((each) => each.reference)
}

/** Does an object stay that carries the label of a name that the app had? Only then is the name still to be remembered. */
export function needsFormerNames(facts: AppFacts, gone: ReadonlySet<string>): boolean {
  const former = ownIds(facts.inventory).filter((id) => id !== facts.inventory.id)
  return facts.leftovers.some(({ live, reference }) => {
    return live && !gone.has(identityOf(reference)) && former.some((id) => isMember(live, id))
  })
}

type Decided = { readonly change?: Change; readonly error?: Problem; readonly note?: string }

/**
 * The deletion of a leftover, why it is kept, or what is in the way.
 *
 * @param held what of it other objects of the commit need, in words: it is deleted before they are applied
 */
export function decideLeftover(facts: LeftoverFacts, app: AppFacts, masker: Masker, held?: string): Decided {
  const { reference, base: manifest } = facts
  const fate = fateOf(facts, app)
  const name = describeReference(reference)
  if (fate.is === 'gone' || fate.is === 'released') return {}
  if (!manifest && app.oldLeftovers === 'note' && held === undefined) {
    if (fate.is === 'kept') return {}
    const next = fate.confirm ? 'its deletion waits to be confirmed' : 'the next sync of this app prunes it'
    return { note: `${name} is left over from an earlier commit; ${next}.` }
  }
  if (fate.is === 'kept') return { note: `${name} is no longer rendered, but is kept: ${fate.why}.` }
  if (facts.refusal) return { error: facts.refusal }
  const object = manifest && masker.mask(manifest.object)
  const risks: readonly Risk[] = [
    ...lossOf(reference),
    ...(fate.confirm ? ['unconfirmed' as const] : []),
    ...(held !== undefined && !fate.first ? ['move' as const] : []),
  ]
  return {
    change: {
      ...reference,
      action: 'delete',
      ...(manifest ? { source: manifest.source } : {}),
      summary: held === undefined ? [] : [`gives up ${held}`],
      fields: [],
      preview: 'server',
      risks,
      ...(fate.first || held !== undefined ? { first: true } : {}),
      ...(facts.consequences?.length ? { consequences: facts.consequences } : {}),
      ...(object ? { hunks: hunksBetween(object, undefined) } : {}),
    },
  }
}

/** Why it can't be told that the object is the one that this app made. */
function foreignReason(facts: LeftoverFacts, live: LiveObject, ours: boolean): string | undefined {
  if (!ours) return 'it does not carry the label of this app'
  if (!live.metadata.managedFields?.some((entry) => entry.manager === fieldManager)) return 'Drydock did not write it'
  if (facts.uid !== undefined && facts.uid !== live.metadata.uid) return 'somebody made a new object of this name'
  return undefined
}

function protection(facts: LeftoverFacts, { prune, protectedBy }: Directives, app: Judged): string | undefined {
  if (!app.app.sync.prune) return '`sync.prune` is false'
  if (prune === 'no') return `it is protected by ${protectedBy ?? 'an annotation'}`
  const identity = identityOf(facts.reference)
  const skipped = app.skipped?.find((each) => identityOf(each.reference) === identity)
  if (skipped) return `its manifest is left out (${skipped.why})`
  return isFull(facts, app) ? 'objects of this app are in it' : facts.undecided
}

/** Would objects that the app still renders go with it? Then a missing manifest of a Namespace or a kind is a mistake. */
function isFull({ reference, live }: LeftoverFacts, { objects = [] }: Judged): boolean {
  const kind = textAt(live, 'spec', 'names', 'kind') ?? ''
  const defined = { resource: textAt(live, 'spec', 'names', 'plural') ?? '', kind, namespaced: true, verbs: [] }
  const group = textAt(live, 'spec', 'group') ?? ''
  const holds = holdingOf(reference, [{ ...defined, apiVersion: `${group}/v1` }])
  return holds !== undefined && objects.some((each) => holds(referenceOf(each.desired)))
}

const strictness: readonly Directives['prune'][] = ['yes', 'first', 'confirm', 'no']

/** What the live object asks for, or its last manifest where that one is stricter: an edit takes no protection away. */
function strictest({ directives, base }: LeftoverFacts, live: LiveObject): Directives {
  const said = directives ?? liveDirectives(live)
  const written = base && liveDirectives(base.object)
  return written && strictness.indexOf(written.prune) > strictness.indexOf(said.prune) ? written : said
}

/** What is lost when such an object is deleted. */
export function lossOf(reference: ObjectReference): readonly Risk[] {
  const group = groupOf(reference.apiVersion)
  if (group === '' && ['PersistentVolumeClaim', 'PersistentVolume'].includes(reference.kind)) return ['data-loss']
  if (group === '' && reference.kind === 'Namespace') return ['namespace-deletion']
  if (group === 'apiextensions.k8s.io') return ['crd-deletion']
  return []
}
