import { hunksBetween } from '../diff/hunks.ts'
import type { Masker } from '../diff/mask.ts'
import type { Change, Risk } from '../model/change.ts'
import type { Problem } from '../model/errors.ts'
import { fieldManager, isMember } from '../model/inventory.ts'
import type { LiveObject } from '../model/object.ts'
import { describeReference, groupOf, type ObjectReference } from '../model/reference.ts'
import type { AppFacts, LeftoverFacts } from './facts.ts'
import { pruneProtection } from './foreign.ts'

type Decided = { readonly change?: Change; readonly error?: Problem; readonly note?: string }

/** Decides about an object that the app owns and no longer renders: deleted, kept with the reason, or in the way. */
export function decideLeftover(facts: LeftoverFacts, app: AppFacts, masker: Masker): Decided {
  const { live, reference, base: manifest } = facts
  if (!live) return {}
  const name = describeReference(reference)
  if (!manifest && app.oldLeftovers === 'note') {
    return { note: `${name} is left over from an earlier commit; the next sync of this app prunes it.` }
  }
  const why = keepReason(facts, live, app)
  if (why) return { note: `${name} is no longer rendered, but is kept: ${why}.` }
  if (facts.refusal) return { error: facts.refusal }
  const object = manifest && masker.mask(manifest.object)
  return {
    change: {
      ...reference,
      action: 'delete',
      ...(manifest ? { source: manifest.source } : {}),
      summary: [],
      fields: [],
      preview: 'server',
      risks: lossOf(reference),
      ...(facts.consequences?.length ? { consequences: facts.consequences } : {}),
      ...(object ? { hunks: hunksBetween(object, undefined) } : {}),
    },
  }
}

/** An object is deleted only when it carries our label, our field manager wrote it, and it is the one in the inventory. */
function keepReason(facts: LeftoverFacts, live: LiveObject, app: AppFacts): string | undefined {
  if (!app.app.sync.prune) return '`sync.prune` is false'
  if (app.app.sync.prune === 'confirm') return '`sync.prune` asks for a confirmation'
  if (!isMember(live, app.inventory.id)) return 'it does not carry the label of this app'
  if (!live.metadata.managedFields?.some((entry) => entry.manager === fieldManager)) return 'Drydock did not write it'
  if (facts.uid !== undefined && facts.uid !== live.metadata.uid) return 'somebody made a new object of this name'
  const protection = pruneProtection(live)
  return protection && `it is protected by ${protection}`
}

/** What is lost when such an object is deleted. */
export function lossOf(reference: ObjectReference): readonly Risk[] {
  const group = groupOf(reference.apiVersion)
  if (group === '' && ['PersistentVolumeClaim', 'PersistentVolume'].includes(reference.kind)) return ['data-loss']
  if (group === '' && reference.kind === 'Namespace') return ['namespace-deletion']
  if (group === 'apiextensions.k8s.io') return ['crd-deletion']
  return []
}
