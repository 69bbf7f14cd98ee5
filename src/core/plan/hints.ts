import type { Change, Drift } from '../model/change.ts'
import { at } from '../model/object.ts'
import { describeReference, groupOf, identityOf, referenceOf } from '../model/reference.ts'
import { ignoredPaths } from './desired.ts'
import type { AppFacts } from './facts.ts'

/**
 * A hint for each workload whose manifest says `replicas` although an autoscaler sets them: every sync would set them
 * back for a moment. Known from a HorizontalPodAutoscaler of the app, or from who wrote the field last.
 */
export function autoscaled(facts: AppFacts, changes: readonly Change[], drift: readonly Drift[]): readonly string[] {
  const targets = new Set(
    facts.objects
      .filter(({ manifest }) => manifest.object.kind === 'HorizontalPodAutoscaler')
      .map(({ manifest: { object } }) => {
        const [kind, name] = [
          at(object, 'spec', 'scaleTargetRef', 'kind'),
          at(object, 'spec', 'scaleTargetRef', 'name'),
        ]
        return `${kind}/${object.metadata.namespace ?? ''}/${name}`
      }),
  )
  const planned = Map.groupBy([...drift, ...changes], identityOf)
  return facts.objects.flatMap(({ manifest: { object }, touched }) => {
    if (at(object, 'spec', 'replicas') === undefined) return []
    if (ignoredPaths(object, facts.app.ignore).some((path) => path.join('/') === 'spec/replicas')) return []
    const reference = referenceOf(object)
    const field = planned
      .get(identityOf(reference))
      ?.flatMap((each) => each.fields)
      .find((each) => each.path === '/spec/replicas')
    const scaled = field?.takenFrom === 'kube-controller-manager'
    const targeted = targets.has(`${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`)
    if (!scaled && !(targeted && (touched || field !== undefined))) return []
    const group = groupOf(object.apiVersion)
    const rule = `ignore: [{ group: ${group}, kind: ${object.kind}, name: ${object.metadata.name}, jsonPointers: [/spec/replicas] }]`
    return [
      `${describeReference(reference)} says replicas, which an autoscaler sets too: each sync would set them back. Leave them out of the manifest, or add ${rule} to the app.`,
    ]
  })
}
