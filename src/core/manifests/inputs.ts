import type { App } from '../model/app.ts'
import { DrydockError } from '../model/errors.ts'
import type { SourcePosition } from '../model/manifest.ts'
import { detectRenderKind } from './detect.ts'
import { helmInputs } from './helm-inputs.ts'
import { walkKustomizations } from './kustomize-inputs.ts'
import { isBelow } from './repository-path.ts'

/** Text of a file of the tree, or `undefined` where there is none. */
export type ReadFile = (path: string) => Promise<string | undefined>

/** Paths of all files below a folder, from the root. */
export type ListFiles = (folder: string) => Promise<readonly string[]>

/**
 * The files and folders that the render of an app reads, sorted, from the root of the repository: what must be exported
 * for it, and what makes a change touch the app. What an entry points at on the network is left out (the renderer
 * refuses it).
 *
 * @throws DrydockError `path-missing` when the app's path or something that it refers to is not there,
 *   `path-refused` when a reference leaves the repository
 */
export async function renderInputs(
  app: Pick<App, 'path' | 'render' | 'helm' | 'source'>,
  read: ReadFile,
  list: ListFiles,
): Promise<readonly string[]> {
  const files = await list(app.path)
  if (files.length === 0) {
    // A single manifest may be an app too.
    if (app.path !== '.' && (await read(app.path)) !== undefined) return [app.path]
    throw missing(app.path, app.source)
  }
  const kind = app.render === 'auto' ? detectRenderKind(app.path, files) : app.render
  const inputs =
    kind === 'kustomize'
      ? (await walkKustomizations(app.path, read, list)).inputs
      : kind === 'helm'
        ? await helmInputs(app, read, list)
        : new Set([app.path])
  return simplify(inputs)
}

/** Does one of these changed paths touch one of these inputs? */
export function touches(inputs: readonly string[], changedPaths: readonly string[]): boolean {
  return changedPaths.some((path) => inputs.some((input) => isBelow(path, input)))
}

/** Sorted, without what lies below another input. */
function simplify(inputs: ReadonlySet<string>): readonly string[] {
  const kept: string[] = []
  for (const input of [...inputs].sort((one, other) => one.length - other.length)) {
    if (!kept.some((folder) => isBelow(input, folder))) kept.push(input)
  }
  return kept.sort()
}

function missing(path: string, source: SourcePosition | undefined): DrydockError {
  const message =
    path === '.' ? 'The repository is empty in this commit.' : `There is no folder ${path} in this commit.`
  return new DrydockError('path-missing', message, {
    source,
    hint: "Correct the app's path, or add the folder in this pull request.",
  })
}
