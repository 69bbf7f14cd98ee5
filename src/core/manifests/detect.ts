import type { RenderKind } from '../model/app.ts'

/** Names that kustomize looks for in a folder. */
export const KUSTOMIZATION_NAMES: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/**
 * Which renderer a folder asks for, by the files that lie directly in it.
 *
 * @param folder path of the folder; `.` is the root
 * @param paths files from the same root as `folder`; those elsewhere don't count
 */
export function detectRenderKind(folder: string, paths: readonly string[]): RenderKind {
  const prefix = folder === '.' || folder === '' ? '' : `${folder}/`
  const names = new Set(paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)))
  if (KUSTOMIZATION_NAMES.some((name) => names.has(name))) return 'kustomize'
  return names.has('Chart.yaml') ? 'helm' : 'plain'
}

/**
 * The files of a plain folder that hold manifests: `*.yaml`, `*.yml` and `*.json` below it, without hidden files and
 * folders and without kustomizations. The path is relative to the folder.
 */
export function isPlainManifest(path: string): boolean {
  const parts = path.split('/')
  const name = parts.at(-1) ?? ''
  return (
    !parts.some((part) => part.startsWith('.')) && /\.(ya?ml|json)$/i.test(name) && !KUSTOMIZATION_NAMES.includes(name)
  )
}
