import { declares, type FieldPath, pathKey, pathsOf, valueAtPath } from '../diff/field-set.ts'
import { isOurs } from '../diff/predict.ts'
import type { Change, Drift } from '../model/change.ts'
import { at, isArray, isObject, type KubeObject, type LiveObject } from '../model/object.ts'
import { describeReference, groupOf, identityOf, referenceOf } from '../model/reference.ts'
import { ignoredPaths } from './desired.ts'
import type { AppFacts, ObjectFacts } from './facts.ts'

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

/** What a commit takes out of a manifest and nevertheless stays live, since somebody holds it from whom a sync takes nothing. */
export function staying(facts: ObjectFacts, live: LiveObject, final: KubeObject): string | undefined {
  const { base, desired, manifest } = facts
  const entries = live.metadata.managedFields ?? []
  const ours = entries.find(isOurs)
  if (!base || !ours) return undefined
  const left = pathsOf(ours.fieldsV1).filter((path) => {
    const value = valueAtPath(final, path)
    const leaf = value !== undefined && !isObject(value) && !isArray(value)
    return leaf && !declares(desired, path) && declares(base, path)
  })
  const holders = entries.flatMap((entry) => {
    const held = entry === ours ? new Set<string>() : new Set(pathsOf(entry.fieldsV1).map(pathKey))
    const fields = left.filter((path) => held.has(pathKey(path)))
    return fields.length > 0 ? [{ manager: entry.manager ?? 'another manager', fields }] : []
  })
  if (holders.length === 0) return undefined
  const said = holders.map(({ manager, fields }) => `${fields.slice(0, 3).map(shown).join(', ')} (held by ${manager})`)
  return `${describeReference(referenceOf(manifest.object))} keeps what this commit takes out: ${said.join(', ')}.`
}

/** `spec.containers[name=web].image` of a path of fieldsV1. */
function shown(path: FieldPath): string {
  return path
    .map((element) =>
      element.startsWith('f:')
        ? `.${element.slice(2)}`
        : `[${element.slice(2).replace(/[{}"]/g, '').replaceAll(':', '=')}]`,
    )
    .join('')
    .replace(/^\./, '')
}
