import { nearest } from '../config/nearest.ts'
import { type Problem, problem } from '../model/errors.ts'
import type { KindInfo, Kinds } from '../model/kinds.ts'
import type { Manifest } from '../model/manifest.ts'
import type { KubeObject } from '../model/object.ts'
import { describeReference, groupOf, identityOf, referenceOf } from '../model/reference.ts'
import { kindsOfDefinitions } from './definitions.ts'

/**
 * Gives every object its final identity: a namespaced one without namespace gets `defaultNamespace` (or `default`),
 * one of cluster scope loses a namespace. A kind is known from the cluster or from a CustomResourceDefinition of the
 * same commit. With any problem the manifests are incomplete and must not be used as the desired state.
 */
export function resolveIdentities(
  manifests: readonly Manifest[],
  kinds: Kinds,
  defaultNamespace?: string,
): { readonly manifests: readonly Manifest[]; readonly problems: readonly Problem[] } {
  const defined = kindsOfDefinitions(manifests)
  const resolved: Manifest[] = []
  const problems: Problem[] = []
  const seen = new Map<string, Manifest>()
  for (const manifest of manifests) {
    const { apiVersion, kind } = manifest.object
    const info =
      kinds.find(apiVersion, kind) ??
      defined.find((each) => each.apiVersion === apiVersion && each.kind === kind) ??
      unanswered(manifest.object, kinds)
    if (!info) {
      problems.push(unknownKind(manifest, kinds, defined))
      continue
    }
    const placed = { ...manifest, object: place(manifest.object, info.namespaced, defaultNamespace ?? 'default') }
    const identity = identityOf(referenceOf(placed.object))
    const first = seen.get(identity)
    if (first) problems.push(duplicate(first, placed))
    else {
      seen.set(identity, placed)
      resolved.push(placed)
    }
  }
  return { manifests: resolved, problems }
}

/**
 * A kind whose API is down is unknown, not absent: it is taken for namespaced when its manifest says so, and the plan
 * says that it could not be asked about.
 */
function unanswered({ apiVersion, metadata }: KubeObject, kinds: Kinds): { readonly namespaced: boolean } | undefined {
  if (!kinds.unavailable.includes(groupOf(apiVersion))) return undefined
  return { namespaced: metadata.namespace !== undefined }
}

function place(object: KubeObject, namespaced: boolean, defaultNamespace: string): KubeObject {
  if (namespaced) {
    if (object.metadata.namespace) return object
    return { ...object, metadata: { ...object.metadata, namespace: defaultNamespace } }
  }
  if (object.metadata.namespace === undefined) return object
  const { namespace: _, ...metadata } = object.metadata
  return { ...object, metadata: metadata as KubeObject['metadata'] }
}

function duplicate(first: Manifest, second: Manifest): Problem {
  const positions = [first, second].map(({ source }) => `${source.path}:${source.line}`)
  const what = describeReference(referenceOf(second.object))
  return problem('duplicate-object', `${what} is there twice: at ${positions.join(' and at ')}.`, {
    source: second.source,
    hint: 'Remove one of them, or give it another name or namespace.',
  })
}

function unknownKind({ object, source }: Manifest, kinds: Kinds, defined: readonly KindInfo[]): Problem {
  const { apiVersion, kind } = object
  const all = [...kinds.all, ...defined]
  const versions = all.filter((each) => each.kind === kind).map((each) => each.apiVersion)
  const message = `The cluster has no kind ${apiVersion} ${kind}.`
  if (versions.length > 0) {
    const others = [...new Set(versions)].join(' and ')
    return problem('unknown-kind', message, { source, hint: `${kind} is served as ${others}. Use that apiVersion.` })
  }
  const near = nearest(kind, [...new Set(all.map((each) => each.kind))])
  const install = 'Add its CustomResourceDefinition to this app, or install it on the cluster first.'
  return problem('unknown-kind', message, { source, hint: near ? `Did you mean ${near}? If not: ${install}` : install })
}
