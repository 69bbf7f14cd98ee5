import { describe, expect, it } from 'vitest'
import { foreignOwner } from '../../../src/core/plan/foreign.ts'
import { configMap, foreign, inventoryId, liveOf, unlabelled } from './facts.ts'

describe('foreignOwner', () => {
  const owner = (meta: object) => foreignOwner(liveOf(configMap({}), { ...unlabelled, ...meta }), inventoryId)

  it('is nobody for what is ours or nobody claims', () => {
    expect(foreignOwner(liveOf(configMap({})), inventoryId)).toBeUndefined()
    expect(owner({})).toBeUndefined()
    // What Helm merely labels is not a release's.
    expect(owner({ labels: { 'app.kubernetes.io/managed-by': 'Helm' } })).toBeUndefined()
  })

  it.each([
    ['another ApplySet (applyset-other-v1)', foreign],
    ['Argo CD (shop)', { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/web' } }],
    ['Argo CD (shop)', { labels: { 'argocd.argoproj.io/instance': 'shop' } }],
    ['Flux (shop)', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } }],
    ['Flux (shop)', { labels: { 'helm.toolkit.fluxcd.io/name': 'shop' } }],
    ['Helm (release shop)', { annotations: { 'meta.helm.sh/release-name': 'shop' } }],
  ])('is %s', (name, meta) => {
    expect(owner(meta)).toBe(name)
  })

  it('is nobody for what another app of the repository hands over, and that one only', () => {
    const live = liveOf(configMap({}), foreign)
    expect(foreignOwner(live, inventoryId, ['applyset-other-v1'])).toBeUndefined()
    expect(foreignOwner(live, inventoryId, ['applyset-third-v1'])).toBe('another ApplySet (applyset-other-v1)')
  })
})
