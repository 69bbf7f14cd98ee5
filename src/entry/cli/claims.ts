import { type Problem, problem } from '../../core/model/errors.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import { describeReference, identityOf, referenceOf } from '../../core/model/reference.ts'

/** An app's objects, and where they go. */
export type Rendered = {
  readonly app: string
  readonly cluster: string
  /** For objects that name none. */
  readonly namespace?: string | undefined
  readonly manifests: readonly Manifest[]
}

/**
 * Objects that are claimed twice, in one app or by two apps of one cluster. Without a cluster nobody knows which kinds
 * have a namespace, so that only the manifests' own words count.
 */
export function claimedTwice(apps: readonly Rendered[]): readonly Problem[] {
  const seen = new Map<string, { readonly app: string; readonly manifest: Manifest }>()
  const problems: Problem[] = []
  for (const { app, cluster, namespace, manifests } of apps) {
    for (const manifest of manifests) {
      const reference = referenceOf(manifest.object)
      const home = reference.namespace ?? namespace
      const key = `${cluster} ${identityOf(home ? { ...reference, namespace: home } : reference)}`
      const first = seen.get(key)
      if (first) problems.push(twice(first, { app, manifest }))
      else seen.set(key, { app, manifest })
    }
  }
  return problems
}

type Claim = { readonly app: string; readonly manifest: Manifest }

function twice(first: Claim, second: Claim): Problem {
  const at = ({ manifest }: Claim) => `${manifest.source.path}:${manifest.source.line}`
  const what = describeReference(referenceOf(second.manifest.object))
  const same = first.app === second.app
  return problem(
    'duplicate-object',
    same
      ? `${what} is there twice: at ${at(first)} and at ${at(second)}.`
      : `${what} is also in the app ${first.app} (${at(first)}).`,
    {
      source: second.manifest.source,
      hint: same ? 'Remove one of them, or give it another name or namespace.' : 'Remove it from one of the two apps.',
    },
  )
}
