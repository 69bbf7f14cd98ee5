import { readDocuments } from '../../core/manifests/documents.ts'
import type { KustomizeWalk as Walk } from '../../core/manifests/kustomize-inputs.ts'
import { inFolder } from '../../core/manifests/repository-path.ts'
import { yamlProblem } from '../../core/manifests/yaml-problem.ts'
import { DrydockError, DrydockErrors, type Problem } from '../../core/model/errors.ts'
import type { SourcePosition } from '../../core/model/manifest.ts'
import type { RenderRequest } from '../../flows/ports.ts'
import { cleanMessage } from './message.ts'

type Read = (path: string) => Promise<string | undefined>

/**
 * Broken YAML among the files of a kustomization, with its lines. Before the render only files with anchors are looked
 * at: kustomize has no limit on what aliases stand for.
 *
 * @throws DrydockErrors `yaml-invalid`, `render-too-large`
 */
export async function refuseBrokenYaml(walk: Walk, read: Read, which: 'all' | 'with anchors'): Promise<void> {
  const broken: Problem[] = []
  for (const path of walk.inputs) {
    if (!/(\.ya?ml|\.json|\/Kustomization)$/.test(path)) continue
    const text = (await read(path)) ?? ''
    if (which === 'with anchors' && !/[\s,[{]&\S/.test(text)) continue
    const parsed = readDocuments(text)
    if ('failure' in parsed) broken.push(yamlProblem(path, parsed.failure))
  }
  if (broken.length > 0) throw new DrydockErrors(broken)
}

/** What kustomize said, with the place that it means. It seldom tells a line. */
export function kustomizeFailure(request: RenderRequest, stderr: string, walk: Walk): DrydockError {
  // A file is tried as a folder too, which hides what is wrong with the file in the middle of the message.
  const message = cleanMessage(stderr, request).replace(/accumulation err='(.*)': must build at directory: .*/s, '$1')
  return new DrydockError('render-failed', `kustomize: ${message}`, {
    source: placeOf(message, walk),
    hint: 'Try it on your machine: kustomize build, on the same folder.',
  })
}

/** The reference that the message quotes, else the first kustomization. */
function placeOf(message: string, walk: Walk): SourcePosition | undefined {
  const quoted = [...message.matchAll(/\bfrom '([^']+)'/g)].map((match) => match[1])
  for (const { kustomization } of walk.kustomizations.toReversed()) {
    const named = kustomization.references.find(({ value }) => quoted.includes(value))
    if (named) return named.source
  }
  const named = walk.kustomizations.find(({ path }) => message.includes(inFolder('.', path)))
  const path = (named ?? walk.kustomizations[0])?.path
  return path === undefined ? undefined : { path, line: 1 }
}
