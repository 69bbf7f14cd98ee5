import { isPlainManifest } from '../../core/manifests/detect.ts'
import { DrydockError } from '../../core/model/errors.ts'
import type { RenderedText, RenderRequest } from '../../flows/ports.ts'
import { rootFiles } from './files.ts'

/** The manifests of a plain folder (or the one file that the app is), as they are. */
export async function renderPlain(request: RenderRequest): Promise<readonly RenderedText[]> {
  const files = rootFiles(request.root)
  const all = await files.list(request.path)
  const prefix = request.path === '.' ? '' : `${request.path}/`
  const chosen = all.filter((path) => isPlainManifest(path.slice(prefix.length)))
  const single = all.length === 0 ? await files.read(request.path) : undefined
  if (single !== undefined) return [{ path: request.path, text: single, exact: true }]
  if (all.length === 0) {
    throw new DrydockError('path-missing', `There is no folder ${request.path} in this commit.`, {
      hint: "Correct the app's path, or add the folder.",
    })
  }
  const texts: RenderedText[] = []
  for (const path of chosen) texts.push({ path, text: (await files.read(path)) ?? '', exact: true })
  return texts
}
