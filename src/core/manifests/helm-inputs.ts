import type { App } from '../model/app.ts'
import { DrydockError } from '../model/errors.ts'
import { at, isArray, textAt } from '../model/object.ts'
import { readDocuments } from './documents.ts'
import type { ListFiles, ReadFile } from './inputs.ts'
import { inFolder, resolveInside } from './repository-path.ts'

/** A chart that another one needs. */
export type ChartDependency = {
  readonly name: string
  readonly version?: string
  readonly repository?: string
  /** Folder of the chart, from the root; only for `file://`. */
  readonly folder?: string
  /** Line of the entry in the file that names it. */
  readonly line: number
}

/** Files of a chart that name its dependencies; the second is of Helm 2. */
const DEPENDENCY_FILES = ['Chart.yaml', 'requirements.yaml']
const MAX_CHARTS = 200

/** The chart's folder, its value files, and the charts beside it that it depends on. */
export async function helmInputs(
  app: Pick<App, 'path' | 'helm' | 'source'>,
  read: ReadFile,
  list: ListFiles,
): Promise<ReadonlySet<string>> {
  const inputs = new Set<string>([app.path])
  const source = app.source ?? { path: inFolder(app.path, 'Chart.yaml'), line: 1 }
  for (const file of app.helm?.valueFiles ?? []) {
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(file)) continue
    const path = resolveInside(app.path, file, source)
    if ((await read(path)) === undefined) {
      throw new DrydockError('path-missing', `There is no value file ${path} in this commit.`, {
        source,
        hint: `Value files are relative to the app's path (${app.path}).`,
      })
    }
    inputs.add(path)
  }
  const pending = [app.path]
  for (let chart = pending.shift(); chart !== undefined; chart = pending.shift()) {
    for (const { folder, name, line } of await chartDependencies(chart, read)) {
      if (folder === undefined || inputs.has(folder)) continue
      if ((await list(folder)).length === 0) {
        const where = { path: inFolder(chart, 'Chart.yaml'), line }
        throw new DrydockError(
          'path-missing',
          `The chart ${name} should be in ${folder}, which is not in this commit.`,
          {
            source: where,
            hint: 'Correct the repository of this dependency, or add the chart.',
          },
        )
      }
      inputs.add(folder)
      pending.push(folder)
    }
    if (inputs.size > MAX_CHARTS) throw new DrydockError('render-too-large', `${app.path} needs too many charts.`)
  }
  return inputs
}

/**
 * The dependencies that a chart names.
 *
 * @throws DrydockError `path-refused` when a `file://` leaves the repository
 */
export async function chartDependencies(chart: string, read: ReadFile): Promise<readonly ChartDependency[]> {
  const found: ChartDependency[] = []
  for (const name of DEPENDENCY_FILES) {
    const path = inFolder(chart, name)
    const text = await read(path)
    const parsed = text === undefined ? undefined : readDocuments(text)
    // Helm itself says what is wrong with a broken file.
    const document = parsed && 'documents' in parsed ? parsed.documents[0] : undefined
    const entries = at(document?.value, 'dependencies')
    if (!document || !isArray(entries)) continue
    for (const [index, entry] of entries.entries()) {
      const dependency = textAt(entry, 'name')
      if (!dependency) continue
      const line = document.lineOf(['dependencies', index])
      const repository = textAt(entry, 'repository')
      const version = textAt(entry, 'version')
      const local = repository?.startsWith('file://')
        ? resolveInside(chart, repository.slice('file://'.length), { path, line })
        : undefined
      found.push({
        name: dependency,
        line,
        ...(version ? { version } : {}),
        ...(repository ? { repository } : {}),
        ...(local !== undefined ? { folder: local } : {}),
      })
    }
  }
  return found
}
