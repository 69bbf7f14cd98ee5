import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inFolder, resolveInside } from '../../core/manifests/repository-path.ts'
import { DrydockError } from '../../core/model/errors.ts'
import { stringifyJson } from '../../core/model/json.ts'
import type { RenderedText, RenderRequest } from '../../flows/ports.ts'
import { type ChartFolders, vendorCharts } from './charts.ts'
import { rootFiles } from './files.ts'
import { helmFailure } from './helm-failure.ts'
import type { RenderTools } from './renderer.ts'
import { runRenderer, withHome } from './run-renderer.ts'
import { refuseRemoteSchemas } from './schemas.ts'

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const KUBE_VERSION = /^v?\d+\.\d+(\.\d+)?([-+][0-9A-Za-z.+-]*)?$/
const API_VERSION = /^[A-Za-z0-9][A-Za-z0-9./-]*$/

/**
 * Renders a chart as `helm template` does. It fetches nothing: dependencies lie in `charts/` or, with `file://`, in
 * this repository. Test hooks are left out, as an installation leaves them out.
 */
export async function renderHelm(request: RenderRequest, tools: RenderTools): Promise<readonly RenderedText[]> {
  const files = rootFiles(request.root)
  const folders = await vendorCharts(request.root, request.path)
  await refuseRemoteSchemas(request.path, files)
  const program = await tools.programs.helm()
  return withHome(async (home) => {
    const args = [...program.first, ...(await argumentsOf(request, home, files.read))]
    const { limits } = tools
    const { root: cwd, signal } = request
    const built = await runRenderer({ program: program.file, args, cwd, home, limits, signal })
    if (built.code !== 0) throw helmFailure(request, built.stderr, folders)
    return locate(built.stdout, request, folders, files.read)
  })
}

async function argumentsOf(
  request: RenderRequest,
  home: string,
  read: (path: string) => Promise<string | undefined>,
): Promise<readonly string[]> {
  const { helm, namespace, kubeVersion, apiVersions = [] } = request
  const name = helm?.releaseName ?? request.name
  if (!NAME.test(name) || name.length > 53) {
    const hint = 'Set helm.releaseName to at most 53 of a-z, 0-9, "-" and ".".'
    throw new DrydockError('config-invalid', `${JSON.stringify(name)} is not a release name of Helm.`, { hint })
  }
  if (namespace !== undefined && !LABEL.test(namespace)) {
    const hint = 'Use at most 63 of a-z, 0-9 and "-".'
    throw new DrydockError('config-invalid', `${JSON.stringify(namespace)} is not the name of a namespace.`, { hint })
  }
  const args = ['--include-crds', '--skip-tests', '--dry-run=client']
  if (namespace !== undefined) args.push(`--namespace=${namespace}`)
  if (kubeVersion !== undefined && KUBE_VERSION.test(kubeVersion)) args.push(`--kube-version=${kubeVersion}`)
  const known = apiVersions.filter((each) => API_VERSION.test(each))
  for (let start = 0; start < known.length; start += 200) {
    args.push(`--api-versions=${known.slice(start, start + 200).join(',')}`)
  }
  for (const file of helm?.valueFiles ?? []) args.push(`--values=${await valueFile(request, file, read)}`)
  if (helm?.values) {
    const file = join(home, 'values.json')
    await writeFile(file, stringifyJson(helm.values))
    args.push(`--values=${file}`)
  }
  return [...args, '--', name, join(request.root, request.path)]
}

async function valueFile(
  request: RenderRequest,
  file: string,
  read: (path: string) => Promise<string | undefined>,
): Promise<string> {
  const source = { path: inFolder(request.path, 'Chart.yaml'), line: 1 }
  // Helm would fetch an address, and reads a comma as the end of the name.
  if (/^[a-z][a-z0-9+.-]*:/i.test(file) || /[,"\n]/.test(file)) {
    throw new DrydockError('path-refused', `The value file ${JSON.stringify(file)} can't be used.`, {
      hint: 'Use a file of this repository, whose name has no comma and no quote.',
    })
  }
  const path = resolveInside(request.path, file, source)
  if ((await read(path)) !== undefined) return join(request.root, path)
  throw new DrydockError('path-missing', `There is no value file ${path} in this commit.`, {
    hint: `Value files are relative to the app's path (${request.path}).`,
  })
}

/** Splits what helm wrote at its `# Source:` comments, which name the template that each text comes from. */
async function locate(
  output: string,
  request: RenderRequest,
  folders: ChartFolders,
  read: (path: string) => Promise<string | undefined>,
): Promise<readonly RenderedText[]> {
  const chart = inFolder(request.path, 'Chart.yaml')
  const originals = new Map<string, string | undefined>()
  const texts: RenderedText[] = []
  for (const text of output.split(/^---\n(?=# Source: )/m)) {
    const said = /^# Source: ([^\n]*)/.exec(text)?.[1]
    if (said === undefined && text.trim() === '') continue
    const path = (said === undefined ? undefined : folders.fileOf(said)) ?? chart
    if (!originals.has(path)) originals.set(path, await read(path))
    const original = originals.get(path)
    const known = original !== undefined
    texts.push({ path: known ? path : chart, text, exact: false, ...(known ? { original } : {}) })
  }
  return texts
}
