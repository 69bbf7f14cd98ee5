import { cp, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readDocuments } from '../../core/manifests/documents.ts'
import { type ChartDependency, chartDependencies } from '../../core/manifests/helm-inputs.ts'
import { inFolder, isBelow } from '../../core/manifests/repository-path.ts'
import { DrydockError } from '../../core/model/errors.ts'
import { textAt } from '../../core/model/object.ts'
import { rootFiles } from './files.ts'

/** Tells which file of the repository helm means. */
export type ChartFolders = {
  /** `shop/charts/lib/templates/a.yaml` → `lib/templates/a.yaml`: helm names charts, not folders. */
  readonly fileOf: (said: string) => string | undefined
}

/** More copies than this are taken for a bomb. */
const MAX_COPIES = 200

/**
 * Puts the charts that a chart needs by `file://` into its `charts/` folder, in this private copy of the repository.
 * What lies there already is kept, as helm keeps it. `helm dependency build` would do it too, but also fetches.
 *
 * @throws DrydockError `render-failed` naming a dependency that has to be vendored, `path-missing`, `path-refused`
 */
export async function vendorCharts(root: string, chart: string): Promise<ChartFolders> {
  const { read } = rootFiles(root)
  /** Copies, by where they lie: what they are a copy of. */
  const copies = new Map<string, string>()

  const prepare = async (folder: string, above: readonly string[]): Promise<void> => {
    for (const dependency of await chartDependencies(folder, read)) {
      const vendored = await isVendored(root, folder, dependency.name)
      if (vendored) continue
      const source = { path: inFolder(folder, 'Chart.yaml'), line: dependency.line }
      const from = dependency.folder
      if (from === undefined) throw notVendored(dependency, source)
      if ([...above, folder].some((each) => isBelow(each, from))) {
        const message = `The chart ${dependency.name} needs itself, through ${folder}.`
        throw new DrydockError('render-failed', message, { source, hint: 'Remove one of the dependencies.' })
      }
      if ((await read(inFolder(from, 'Chart.yaml'))) === undefined) {
        const message = `There is no chart in ${from}, which ${folder} depends on.`
        throw new DrydockError('path-missing', message, { source, hint: 'Correct the path, or add the chart.' })
      }
      if (copies.size >= MAX_COPIES) throw new DrydockError('render-too-large', `${chart} needs too many charts.`)
      await prepare(from, [...above, folder])
      const to = `${inFolder(folder, 'charts')}/${dependency.name}`
      await mkdir(join(root, inFolder(folder, 'charts')), { recursive: true })
      await cp(join(root, from), join(root, to), { recursive: true, errorOnExist: true, force: false })
      copies.set(to, from)
      for (const [place, origin] of [...copies]) {
        if (place.startsWith(`${from}/`)) copies.set(to + place.slice(from.length), origin)
      }
    }
  }

  await prepare(chart, [])
  const name = await chartName(chart, read)
  return {
    fileOf: (said) => {
      if (name === undefined || !said.startsWith(`${name}/`) || said.split('/').includes('..')) return undefined
      const path = inFolder(chart, said.slice(name.length + 1))
      // The longest copy that holds the file tells where it was written.
      const place = [...copies.keys()].filter((each) => isBelow(path, each)).sort((a, b) => b.length - a.length)[0]
      return place === undefined ? path : `${copies.get(place)}${path.slice(place.length)}`
    },
  }
}

async function isVendored(root: string, chart: string, name: string): Promise<boolean> {
  const entries = await readdir(join(root, chart, 'charts'), { withFileTypes: true }).catch(() => [])
  return entries.some(
    (entry) => entry.name === name || (entry.name.startsWith(`${name}-`) && /\.tgz$/.test(entry.name)),
  )
}

async function chartName(
  chart: string,
  read: (path: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const parsed = readDocuments((await read(inFolder(chart, 'Chart.yaml'))) ?? '')
  return 'documents' in parsed ? textAt(parsed.documents[0]?.value, 'name') : undefined
}

function notVendored(dependency: ChartDependency, source: { path: string; line: number }): DrydockError {
  const from = dependency.repository ? ` (${dependency.repository.replace(/\/\/[^/@]*@/, '//')})` : ''
  return new DrydockError('render-failed', `The chart ${dependency.name}${from} is not in charts/.`, {
    source,
    hint: 'Nothing is fetched while rendering. Run helm dependency update and commit the charts/ folder.',
  })
}
