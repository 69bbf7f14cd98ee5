import { canonicalJson, digestOf } from '../../core/manifests/canonical.ts'
import { detectRenderKind } from '../../core/manifests/detect.ts'
import { resolveIdentities } from '../../core/manifests/identities.ts'
import { renderInputs } from '../../core/manifests/inputs.ts'
import type { App } from '../../core/model/app.ts'
import { DrydockErrors } from '../../core/model/errors.ts'
import type { Kinds } from '../../core/model/kinds.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import type { Json } from '../../core/model/object.ts'
import type { GitRepository, RenderedText } from '../ports.ts'
import type { Workshop } from '../world.ts'
import type { CachedRender } from './render-cache.ts'
import { mayReadClock, objectsOf, renderTwice } from './render-twice.ts'

/** An app at one commit, as objects. */
export type Rendered = {
  readonly manifests: readonly Manifest[]
  /** `sha256:…` over the objects. */
  readonly digest: string
}

/** What the target cluster says of itself, for the renderer and for scopes; absent where no cluster is asked. */
export type Target = { readonly kinds: Kinds; readonly version: string }

/**
 * Turns an app's path at one commit into objects. Throws what was wrong with file and line: a render that failed never
 * becomes a smaller render, and one that is not the same each time is none.
 */
export async function renderApp(
  workshop: Workshop,
  repository: GitRepository,
  treeish: string,
  app: App,
  target?: Target,
  signal?: AbortSignal,
): Promise<Rendered> {
  const inputs = await inputsOf(repository, treeish, app)
  const names = (await repository.list(treeish, app.path)).map((entry) => entry.path)
  const kind = app.render === 'auto' ? detectRenderKind(app.path, names) : app.render
  const how = {
    path: app.path,
    kind,
    name: app.name,
    ...(app.helm ? { helm: app.helm } : {}),
    ...(app.namespace ? { namespace: app.namespace } : {}),
    // Only Helm asks for these; to the others a new kind on the cluster is no new input.
    ...(target && kind === 'helm' ? { kubeVersion: target.version, apiVersions: apiVersionsOf(target.kinds) } : {}),
  }
  const key = canonicalJson({ inputs: await repository.fingerprint(treeish, inputs), ...how } as unknown as Json)
  const render = (until = signal): Promise<readonly RenderedText[]> =>
    workshop.scratch(async (root) => {
      await repository.export(treeish, inputs, root)
      return workshop.renderer({ root, ...how, ...(until ? { signal: until } : {}) })
    })
  const manifests = await workshop.renders.get(key, async () => {
    // Plain files are what they are. Kustomize has no random values and no clock, and is never let run helm or plugins.
    if (kind !== 'helm') return withSize(await render())
    const timed = (): Promise<boolean> => mayReadClock(repository, treeish, inputs, app.helm?.values)
    const { texts, manifests } = await renderTwice(render, timed, workshop.clock, signal)
    return withSize(texts, manifests)
  })
  if (!target) return { manifests, digest: digestOf(manifests.map((each) => each.object)) }
  const resolved = resolveIdentities(manifests, target.kinds, app.namespace)
  if (resolved.problems.length > 0) throw new DrydockErrors(resolved.problems)
  return { manifests: resolved.manifests, digest: digestOf(resolved.manifests.map((each) => each.object)) }
}

function withSize(texts: readonly RenderedText[], manifests = objectsOf(texts)): CachedRender {
  return { manifests, bytes: texts.reduce((sum, each) => sum + each.text.length, 0) }
}

/** The folders and files that an app's render reads at a commit. */
export function inputsOf(repository: GitRepository, treeish: string, app: App): Promise<readonly string[]> {
  return renderInputs(
    app,
    (path) => repository.read(treeish, path),
    async (folder) => (await repository.list(treeish, folder)).map((entry) => entry.path),
  )
}

/** What Helm's `.Capabilities.APIVersions` answers to: versions, and versions with kinds. */
function apiVersionsOf(kinds: Kinds): readonly string[] {
  const versions = new Set<string>()
  for (const kind of kinds.all) {
    versions.add(kind.apiVersion)
    versions.add(`${kind.apiVersion}/${kind.kind}`)
  }
  return [...versions].sort()
}
