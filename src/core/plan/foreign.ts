import { partOfLabel } from '../model/inventory.ts'
import type { LiveObject } from '../model/object.ts'

/**
 * The tool that owns an object, when it isn't us: another ApplySet, Argo CD (label and annotation tracking), Flux
 * (Kustomization and HelmRelease labels) or Helm. `undefined`: nobody says that it is theirs.
 *
 * @param handedOver ids of sets whose apps, of the same repository, no longer render the object: it changes hands
 */
export function foreignOwner(live: LiveObject, ourId: string, handedOver: readonly string[] = []): string | undefined {
  const labels = live.metadata.labels ?? {}
  const annotations = live.metadata.annotations ?? {}
  const set = labels[partOfLabel]
  if (set !== undefined && [ourId, ...handedOver].includes(set)) return undefined
  if (set) return `another ApplySet (${set})`
  const argo = annotations['argocd.argoproj.io/tracking-id'] ?? labels['argocd.argoproj.io/instance']
  if (argo) return `Argo CD (${argo.split(':')[0]})`
  const flux = labels['kustomize.toolkit.fluxcd.io/name'] ?? labels['helm.toolkit.fluxcd.io/name']
  if (flux) return `Flux (${flux})`
  const helm = annotations['meta.helm.sh/release-name']
  return helm ? `Helm (release ${helm})` : undefined
}
