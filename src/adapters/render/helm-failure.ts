import { inFolder } from '../../core/manifests/repository-path.ts'
import { DrydockError } from '../../core/model/errors.ts'
import type { SourcePosition } from '../../core/model/manifest.ts'
import type { RenderRequest } from '../../flows/ports.ts'
import type { ChartFolders } from './charts.ts'
import { cleanMessage } from './message.ts'

/** What helm said, with the file and line that it names. */
export function helmFailure(request: RenderRequest, stderr: string, folders: ChartFolders): DrydockError {
  const message = cleanMessage(stderr, request)
  return new DrydockError('render-failed', `helm: ${message}`, {
    source: placeOf(message, folders) ?? { path: inFolder(request.path, 'Chart.yaml'), line: 1 },
    hint: 'Try it on your machine: helm template, with the same value files.',
  })
}

function placeOf(message: string, folders: ChartFolders): SourcePosition | undefined {
  // `shop/templates/web.yaml:3:5`; the last one is the innermost of a chain of templates.
  const exact = [...message.matchAll(/([\w.-]+(?:\/[\w.-]+)+):(\d+)/g)]
  for (const match of exact.toReversed()) {
    const path = folders.fileOf(match[1] ?? '')
    if (path !== undefined) return { path, line: Math.max(1, Number(match[2])) }
  }
  // Without a line, or with one of the text that was rendered.
  for (const match of message.matchAll(/([\w.-]+(?:\/[\w.-]+)+\.(?:ya?ml|tpl|json|txt))/g)) {
    const path = folders.fileOf(match[1] ?? '')
    if (path !== undefined) return { path, line: 1 }
  }
  return undefined
}
