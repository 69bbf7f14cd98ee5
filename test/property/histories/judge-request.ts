import { applySetId, homeNamespace, partOfLabel } from '../../../src/core/model/inventory.ts'
import type { LiveObject } from '../../../src/core/model/object.ts'
import { identityOf, referenceOf } from '../../../src/core/model/reference.ts'
import type { Carried } from './api-server.ts'
import { type Note, notes, slots } from './pool.ts'
import { appIn, contentOf, isComplete, meantBy, type Tree } from './tree.ts'

/** On whose behalf Drydock sends something. */
export type Errand = {
  /** A rollback that somebody asked for has no hooks, and no limit of deletions. */
  readonly kind: 'sync' | 'rollback' | 'cli' | 'command'
  /** Id of the sync, or of a run of the CLI. */
  readonly id: string
  readonly app: string
  readonly revision: string
  /** Somebody accepted the risks of this commit for this app. */
  readonly accepted: () => boolean
  /** Pruned so far. */
  deleted: number
  /** Revisions that the app was at with success: a rollback may go there. */
  readonly good: readonly string[]
  /** The newest commit that Drydock was told of when it began. */
  readonly newest: string
  /** Why nothing may be written on it. */
  readonly held?: string
  /** Of a command: may it let go of this app? */
  readonly unpins?: (app: string) => boolean
}

/** What the judge knows beside the request. */
export type Knowledge = {
  readonly repository: string
  readonly treeOf: (revision: string) => Tree
  /** UIDs of objects that Drydock wrote. */
  readonly ours: ReadonlySet<string>
  /** Every name that an app of this repository ever had. */
  readonly names: () => readonly string[]
}

const protecting: readonly Note[] = ['drydock-disabled', 'argo-no-prune', 'flux-no-prune', 'helm-keep']

/** The annotation that forbids to delete a live object. */
export function protectionOf(live: LiveObject): Note | undefined {
  const annotations = live.metadata.annotations ?? {}
  const carries = (note: Note) => Object.entries(notes[note]).every(([key, value]) => annotations[key] === value)
  return [...protecting, 'drydock-confirm' as const].find(carries)
}

/** The other tool whose mark an object carries. */
export function strangerOf(live: LiveObject, repository: string, names: readonly string[]): string | undefined {
  const { labels = {}, annotations = {} } = live.metadata
  const set = labels[partOfLabel]
  if (set !== undefined) return names.some((name) => applySetId(repository, name) === set) ? undefined : 'another set'
  if (labels['argocd.argoproj.io/instance'] || annotations['argocd.argoproj.io/tracking-id']) return 'Argo CD'
  if (labels['kustomize.toolkit.fluxcd.io/name']) return 'Flux'
  return annotations['meta.helm.sh/release-name'] ? 'Helm' : undefined
}

/** What is wrong with a write of Drydock's; `undefined`: it may. */
export function judgeRequest(request: Carried, errand: Errand | undefined, known: Knowledge): string | undefined {
  const { identity, method, before } = request
  if (identity === `/Namespace//${homeNamespace}` || identity.startsWith(`/ConfigMap/${homeNamespace}/`)) {
    return method === 'DELETE' ? `deleted ${identity}` : undefined
  }
  if (!errand) return `${method} of ${identity} outside of any sync`
  const judged = [errand.revision, ...errand.good].map((revision) => {
    const at = { ...errand, revision }
    return method === 'DELETE' ? wrongDeletion(request, at, known, errand.revision) : wrongWrite(request, at, known)
  })
  const wrong = errand.held ?? (judged.includes(undefined) ? undefined : judged[0])
  if (method === 'DELETE' && before && !isHook(before)) errand.deleted += 1
  return wrong && `${errand.app} at ${errand.revision.slice(0, 7)}: ${method} of ${identity}: ${wrong}`
}

function isHook(live: LiveObject): boolean {
  return live.metadata.annotations?.['argocd.argoproj.io/hook'] !== undefined
}

function wrongWrite({ identity, before }: Carried, errand: Errand, known: Knowledge): string | undefined {
  const app = appIn(known.treeOf(errand.revision), errand.app)
  if (!app) return 'the app is not configured at this commit'
  const entry = contentOf(app).get(identity)
  if (!entry) return 'the render of the app lacks it'
  if (errand.kind === 'rollback') {
    if (slots[entry.slot]?.hook) return 'it is a hook'
    const holder = holderOf(before, errand, known)
    if (holder) return `${holder} has it at the newest commit`
  }
  const stranger = before && strangerOf(before, known.repository, known.names())
  return stranger && `it belongs to ${stranger}`
}

/** The app of the newest commit that carries an object, where that is another one. */
function holderOf(
  before: LiveObject | undefined,
  errand: Errand,
  { treeOf, repository }: Knowledge,
): string | undefined {
  const label = before?.metadata.labels?.[partOfLabel]
  const { apps, brokenConfig } = treeOf(errand.newest)
  const holder = brokenConfig ? undefined : apps.find((each) => applySetId(repository, each.name) === label)
  if (!before || !holder || holder.name === errand.app) return undefined
  return meantBy(holder).has(identityOf(referenceOf(before))) ? holder.name : undefined
}

function wrongDeletion(
  { identity, before }: Carried,
  errand: Errand,
  known: Knowledge,
  asked: string,
): string | undefined {
  if (!before) return undefined
  const tree = known.treeOf(errand.revision)
  const app = appIn(tree, errand.app)
  const isBack = errand.kind === 'rollback' || errand.revision !== asked
  if (!known.ours.has(before.metadata.uid)) return 'Drydock never wrote this object'
  if (!app) return 'the app is not configured at this commit'
  if (!isComplete(app)) return `the render of the app is not complete (${app.condition})`
  const entry = contentOf(app).get(identity)
  // A hook is made to be deleted, whatever protects it from being pruned.
  if (entry && slots[entry.slot]?.hook && isHook(before)) return undefined
  for (const [when, { apps, brokenConfig }] of [
    ['this commit', tree],
    ['the newest commit', known.treeOf(errand.newest)],
  ] as const) {
    // A rollback takes away what the failed commit made.
    const others = isBack ? apps.filter((each) => each.name !== errand.app) : apps
    const holder = brokenConfig ? undefined : others.find((each) => meantBy(each).has(identity))
    if (holder) return `${holder.name} has it at ${when}`
  }
  const stranger = strangerOf(before, known.repository, known.names())
  if (stranger) return `it belongs to ${stranger}`
  const note = protectionOf(before)
  if (note && (note !== 'drydock-confirm' || !errand.accepted())) return `it is protected by ${note}`
  // What counts on the way back is what the branch says of that now.
  const { prune } = (errand.kind === 'rollback' && appIn(known.treeOf(errand.newest), errand.app)) || app
  if (prune === false) return 'prune is false'
  if (errand.accepted()) return undefined
  if (prune === 'confirm') return 'prune asks for a confirmation'
  if (slots.some((each) => each.risky && each.kind === before.kind)) return 'nobody accepted the risk'
  return !isBack && errand.deleted >= app.maxPrune ? `maxPrune is ${app.maxPrune}` : undefined
}
