import type { Directives } from '../model/directives.ts'
import type { KubeObject } from '../model/object.ts'
import { annotation, meaningOf, ofFlux, type Remarks, type Said } from './annotations.ts'
import { type SyncOptions, syncOptionsKey } from './sync-options.ts'

/** Whether an object is deleted once the render lacks it, and which annotation protects it. */
export type Protection = Pick<Directives, 'prune' | 'protectedBy'>

const ownKey = 'drydock.dev/prune'
const helmKey = 'helm.sh/resource-policy'

/**
 * Reads what protects an object from deletion: a pause (see {@link pausedBy}) before all, then Drydock's own annotation,
 * Argo CD's options (`Delete` protects as `Prune` does: whoever deletes the app by deleting its manifests means the same),
 * Flux's and Helm's. A value that isn't known protects: a misspelt word deletes nothing.
 */
export function protectionOf(object: KubeObject, options: SyncOptions, remarks: Remarks): Protection {
  const paused = pausedBy(object)
  if (paused) return { prune: 'no', protectedBy: paused }
  return ownProtection(object, remarks) ?? argoProtection(options) ?? otherProtection(object, remarks)
}

function ownProtection(object: KubeObject, remarks: Remarks): Protection | undefined {
  const value = annotation(object, ownKey)
  if (value === undefined) return undefined
  const words = { disabled: 'no', confirm: 'confirm', first: 'first' } as const
  const prune = meaningOf(ownKey, value, words, remarks) ?? 'no'
  return prune === 'first' ? { prune } : { prune, protectedBy: `${ownKey}: ${value}` }
}

function argoProtection(options: SyncOptions): Protection | undefined {
  const said = ['Prune', 'Delete'].flatMap((name) => {
    const value = options.get(name)
    return value === undefined || value === 'true' ? [] : [{ name, value }]
  })
  const strongest = said.find(({ value }) => value !== 'confirm') ?? said[0]
  if (!strongest) return undefined
  const { name, value } = strongest
  return { prune: value === 'confirm' ? 'confirm' : 'no', protectedBy: `${syncOptionsKey}: ${name}=${value}` }
}

function otherProtection(object: KubeObject, remarks: Remarks): Protection {
  const helm = annotation(object, helmKey)
  const words = [...ofFlux(object, 'prune'), ...(helm === undefined ? [] : [{ key: helmKey, value: helm }])]
  const protects = words.filter((each) => !allowsPrune(each, remarks))[0]
  return protects ? { prune: 'no', protectedBy: `${protects.key}: ${protects.value}` } : { prune: 'yes' }
}

function allowsPrune({ key, value }: Said, remarks: Remarks): boolean {
  const words: Readonly<Record<string, boolean>> =
    key === helmKey ? { keep: false } : { disabled: false, enabled: true }
  return meaningOf(key, value, words, remarks) ?? false
}

/**
 * The annotation or label by which an object is paused: nothing is applied to it and it isn't pruned (`reconcile:
 * disabled`, "Suspending and resuming" in kustomize-controller's docs/spec/v1/kustomizations.md).
 *
 * @param source of a live object: its manifest, in which `reconcile: enabled` ends the pause
 */
export function pausedBy(object: KubeObject, source?: KubeObject): string | undefined {
  const resumed = source && ofFlux(source, 'reconcile').some(({ value }) => value.toLowerCase() === 'enabled')
  if (resumed) return undefined
  const found = ofFlux(object, 'reconcile').find(({ value }) => value.toLowerCase() === 'disabled')
  return found && `${found.key}: ${found.value}`
}
