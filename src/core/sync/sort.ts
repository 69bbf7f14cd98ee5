import type { Directives } from '../model/directives.ts'
import { type Problem, problem } from '../model/errors.ts'
import type { Inventory } from '../model/inventory.ts'
import type { Manifest } from '../model/manifest.ts'
import { describeReference, identityOf, type ObjectReference, referenceOf } from '../model/reference.ts'
import type { ObjectFacts } from '../plan/facts.ts'
import { definesArgoHook, directivesOf, ignoredHelmHooks } from './directives.ts'

/** A manifest with what its annotations ask for. */
type Directed = { readonly manifest: Manifest; readonly directives: Directives }

/** The manifests of an app by what a sync does with them. */
export type Sorted = {
  /** Applied, compared, pruned. */
  readonly ordinary: readonly Directed[]
  /** Hooks, and what is skipped now or always: which of them, only {@link chooseHooks} can say. */
  readonly others: readonly Manifest[]
  readonly argoHooks: boolean
  readonly notes: readonly string[]
  readonly problems: readonly Problem[]
}

/** Sorts manifests by their annotations, with what is to be said of these. */
export function sortManifests(manifests: readonly Manifest[]): Sorted {
  const argoHooks = definesArgoHook(manifests.map((each) => each.object))
  const directed = manifests.map((manifest) => ({
    manifest,
    directives: directivesOf(manifest.object, { argoHooks, install: false }),
  }))
  return {
    ordinary: directed.filter(({ directives }) => isOrdinary(directives)),
    others: directed.filter(({ directives }) => !isOrdinary(directives)).map((each) => each.manifest),
    argoHooks,
    notes: [
      ...ignoredNote(manifests),
      ...directed.flatMap(({ manifest, directives }) =>
        directives.warnings.map((text) => `${placeOf(manifest)}: ${text}`),
      ),
    ],
    problems: directed.flatMap(({ manifest, directives }) =>
      directives.faults.map((text) =>
        problem('manifest-invalid', `${describeReference(referenceOf(manifest.object))}: ${text}`, {
          source: manifest.source,
        }),
      ),
    ),
  }
}

function ignoredNote(manifests: readonly Manifest[]): readonly string[] {
  const ignored = ignoredHelmHooks(manifests.map((each) => each.object))
  if (ignored.length === 0) return []
  const names = ignored.map((object) => describeReference(referenceOf(object))).join(', ')
  return [`The app has hooks of Argo CD, so that its hooks of Helm are ordinary objects, as in Argo CD: ${names}.`]
}

/** The hooks of a first or a later sync, and what is not applied at all. */
export function chooseHooks(
  { others, argoHooks }: Sorted,
  install: boolean,
): {
  readonly hooks: readonly Directed[]
  readonly skipped: readonly { readonly reference: ObjectReference; readonly why: string }[]
} {
  const directed = others.map((manifest) => ({
    manifest,
    directives: directivesOf(manifest.object, { argoHooks, install }),
  }))
  return {
    hooks: directed.filter(({ directives }) => directives.hook && directives.skipped === undefined),
    skipped: directed
      .filter(({ directives }) => !directives.hook || directives.skipped !== undefined)
      .map(({ manifest, directives }) => ({
        reference: referenceOf(manifest.object),
        why: directives.skipped ?? 'an annotation says that it is left alone',
      })),
  }
}

/**
 * Is nothing of the app there yet, so that hooks of an installation run? What an earlier try of ours left doesn't count, nor
 * what holds others' objects too. An app that another tool installed is not installed again.
 */
export function isFirstSync(inventory: Inventory, objects: readonly ObjectFacts[]): boolean {
  if (inventory.revision !== undefined) return false
  const ours = new Set([...inventory.objects, ...(inventory.unfinished ?? [])].map(identityOf))
  return objects.every(({ live, desired }) => {
    if (!live || ['Namespace', 'CustomResourceDefinition'].includes(desired.kind)) return true
    return ours.has(identityOf(referenceOf(desired)))
  })
}

function isOrdinary({ hook, skipped, apply }: Directives): boolean {
  return hook === undefined && skipped === undefined && apply !== 'never'
}

function placeOf({ object, source }: Manifest): string {
  return `${source.path}:${source.line}: ${describeReference(referenceOf(object))}`
}
