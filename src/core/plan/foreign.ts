import { partOfLabel } from '../model/inventory.ts'
import type { LiveObject } from '../model/object.ts'

/**
 * The tool that owns an object, when it isn't us: another ApplySet, Argo CD (label and annotation tracking), Flux
 * (Kustomization and HelmRelease labels) or Helm. `undefined`: nobody says that it is theirs.
 */
export function foreignOwner(live: LiveObject, ourId: string): string | undefined {
  const labels = live.metadata.labels ?? {}
  const annotations = live.metadata.annotations ?? {}
  const set = labels[partOfLabel]
  if (set === ourId) return undefined
  if (set) return `another ApplySet (${set})`
  const argo = annotations['argocd.argoproj.io/tracking-id'] ?? labels['argocd.argoproj.io/instance']
  if (argo) return `Argo CD (${argo.split(':')[0]})`
  const flux = labels['kustomize.toolkit.fluxcd.io/name'] ?? labels['helm.toolkit.fluxcd.io/name']
  if (flux) return `Flux (${flux})`
  const helm = annotations['meta.helm.sh/release-name']
  return helm ? `Helm (release ${helm})` : undefined
}

/** Why an object may not be pruned, by the annotations that people's manifests carry; `undefined`: it may. */
export function pruneProtection(live: LiveObject): string | undefined {
  const annotations = live.metadata.annotations ?? {}
  const labels = live.metadata.labels ?? {}
  const options = (annotations['argocd.argoproj.io/sync-options'] ?? '').split(',').map((option) => option.trim())
  const found: readonly (readonly [boolean, string])[] = [
    [
      ['disabled', 'confirm'].includes(annotations['drydock.dev/prune'] ?? ''),
      `drydock.dev/prune: ${annotations['drydock.dev/prune']}`,
    ],
    [options.includes('Prune=false') || options.includes('Prune=confirm'), 'argocd.argoproj.io/sync-options'],
    [
      [annotations, labels].some((each) => each['kustomize.toolkit.fluxcd.io/prune'] === 'disabled'),
      'kustomize.toolkit.fluxcd.io/prune: disabled',
    ],
    [annotations['helm.sh/resource-policy'] === 'keep', 'helm.sh/resource-policy: keep'],
  ]
  return found.find(([holds]) => holds)?.[1]
}
