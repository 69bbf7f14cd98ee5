import { realpath } from 'node:fs/promises'
import { DrydockError } from '../../core/model/errors.ts'
import type { Renderer, RenderRequest } from '../../flows/ports.ts'
import { renderHelm } from './helm.ts'
import { renderKustomize } from './kustomize.ts'
import { renderPlain } from './plain.ts'
import { findPrograms, type Programs } from './programs.ts'
import type { RenderLimits } from './run-renderer.ts'

/** How to render. */
export type RendererOptions = RenderLimits & {
  /** Where helm, kustomize and kubectl are looked for, as in `PATH`; empty: only the npm package. */
  readonly path: string
}

/** What the renderers share. */
export type RenderTools = { readonly programs: Programs; readonly limits: RenderLimits }

/** Plain folders, kustomize and helm. */
export function createRenderer(options: RendererOptions): Renderer {
  const tools: RenderTools = { programs: findPrograms(options.path), limits: options }
  return async (request) => {
    checkPath(request.path)
    // Errors name files by their real path; both must be cut off alike.
    const real: RenderRequest = { ...request, root: await realpath(request.root) }
    if (request.kind === 'kustomize') return renderKustomize(real, tools)
    return request.kind === 'helm' ? renderHelm(real, tools) : renderPlain(real)
  }
}

function checkPath(path: string): void {
  const parts = path.split('/')
  if (path === '.' || (!path.includes('\0') && parts.every((part) => part !== '' && part !== '.' && part !== '..')))
    return
  throw new DrydockError('path-refused', `The path ${JSON.stringify(path)} leads out of the repository.`, {
    hint: 'Use a path from the root of the repository, without "..".',
  })
}
