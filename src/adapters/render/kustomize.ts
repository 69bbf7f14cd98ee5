import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { type KustomizeWalk, walkKustomizations } from '../../core/manifests/kustomize-inputs.ts'
import { MAX_OBJECTS, tooManyObjects } from '../../core/manifests/read.ts'
import { DrydockError, DrydockErrors, type Problem, problem } from '../../core/model/errors.ts'
import type { RenderedText, RenderRequest } from '../../flows/ports.ts'
import { rootFiles } from './files.ts'
import { kustomizeFailure, refuseBrokenYaml } from './kustomize-failure.ts'
import { identityOfText, type OriginOf, originsByName, originsOf, splitDocuments } from './origins.ts'
import type { Program } from './programs.ts'
import type { RenderTools } from './renderer.ts'
import { runRenderer, withHome } from './run-renderer.ts'

/**
 * Renders a kustomization as `kustomize build` does. What it says is taken as it is. Where names don't tell which file
 * an object comes from, a second run, whose objects carry their origin, is asked for that and nothing else.
 */
export async function renderKustomize(request: RenderRequest, tools: RenderTools): Promise<readonly RenderedText[]> {
  const files = rootFiles(request.root)
  const walk = await walkKustomizations(request.path, files.read, files.list)
  refuseUnsafe(walk)
  await refuseBrokenYaml(walk, files.read, 'with anchors')
  const resources = await textsOf(walk.resources, files.read)
  refuseTooMany(resources)
  const program = await tools.programs.kustomize()
  return withHome(async (home) => {
    const args = [...program.first, join(request.root, request.path)]
    const { root: cwd, signal } = request
    const built = await runRenderer({ program: program.file, args, cwd, home, limits: tools.limits, signal })
    if (built.code !== 0) {
      await refuseBrokenYaml(walk, files.read, 'all')
      throw kustomizeFailure(request, built.stderr, walk)
    }
    const texts = splitDocuments(built.stdout)
    const byName = originsByName(resources)
    const certain = texts.every((text) => byName(identityOfText(text)) !== undefined)
    const originOf = certain ? byName : await readOrigins(request, tools, program, home)
    return locate(texts, originOf, walk, files.read)
  })
}

/** Never run: what kustomize would fetch, and what makes it run helm. */
function refuseUnsafe(walk: KustomizeWalk): void {
  const problems: Problem[] = []
  for (const { path, kustomization, remote } of walk.kustomizations) {
    for (const { value, source } of remote) {
      problems.push(
        problem('path-refused', `${path} refers to ${withoutCredentials(value)}, which is not in this repository.`, {
          source,
          hint: 'Nothing is fetched while rendering. Put a copy into this repository and refer to it by its path.',
        }),
      )
    }
    for (const { field, source } of kustomization.refusals) {
      problems.push(
        problem('path-refused', `${path} uses ${field}, which makes kustomize run helm.`, {
          source,
          hint: 'Make the chart an app of its own, with render: helm.',
        }),
      )
    }
  }
  if (problems.length > 0) throw new DrydockErrors(problems)
}

/** Kustomize's time grows with the square of the objects: it would be stopped after a minute, without saying why. */
function refuseTooMany(resources: ReadonlyMap<string, string>): void {
  let objects = 0
  // At least so many: what is written as JSON or in lists isn't counted.
  for (const text of resources.values()) for (const _ of text.matchAll(/^kind:/gm)) objects += 1
  if (objects > MAX_OBJECTS) throw tooManyObjects()
}

function withoutCredentials(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//').slice(0, 200)
}

/** Where objects come from, by a wrapper that asks for it; nothing where the wrapper can't be built. */
async function readOrigins(
  request: RenderRequest,
  tools: RenderTools,
  program: Program,
  home: string,
): Promise<OriginOf> {
  const wrapper = join(home, 'origins')
  const base = relative(wrapper, join(request.root, request.path)).split(sep).join('/')
  await mkdir(wrapper)
  await writeFile(
    join(wrapper, 'kustomization.yaml'),
    JSON.stringify({ resources: [base], buildMetadata: ['originAnnotations'] }),
  )
  const args = [...program.first, wrapper]
  const { limits } = tools
  const { signal } = request
  const built = await runRenderer({ program: program.file, args, cwd: wrapper, home, limits, signal })
  return built.code === 0 ? originsOf(built.stdout, wrapper, request.root) : () => undefined
}

async function locate(
  documents: readonly string[],
  originOf: OriginOf,
  walk: KustomizeWalk,
  read: (path: string) => Promise<string | undefined>,
): Promise<readonly RenderedText[]> {
  const fallback = walk.kustomizations[0]?.path
  if (fallback === undefined) throw new DrydockError('render-failed', 'There is no kustomization to render.')
  const originals = new Map<string, string | undefined>()
  const texts: RenderedText[] = []
  for (const text of documents) {
    const origin = originOf(identityOfText(text)) ?? fallback
    if (!originals.has(origin)) originals.set(origin, await read(origin))
    const known = originals.get(origin)
    const path = known === undefined ? fallback : origin
    texts.push({ path, text, exact: false, ...(known === undefined ? {} : { original: known }) })
  }
  return texts
}

async function textsOf(
  paths: ReadonlySet<string>,
  read: (path: string) => Promise<string | undefined>,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  for (const path of paths) texts.set(path, (await read(path)) ?? '')
  return texts
}
