import { dump } from 'js-yaml'
import { KUSTOMIZATION_NAMES } from '../manifests/detect.ts'
import type { App, RepositoryConfig } from '../model/app.ts'
import { defaultApp } from './defaults.ts'
import { pathFault } from './paths.ts'

/** Folder names that say how a repository is laid out, not what an app is. */
const layout = new Set(
  'apps applications base charts clusters deploy deployments environments envs k8s kubernetes kustomize manifests overlays'.split(
    ' ',
  ),
)

/** Folders that others build on, or that are no deployment of their own. */
const notApps = /^(bases?|components?|node_modules|vendor|testdata|\..*)$/

/**
 * The apps of a repository without a configuration file: each folder with a `kustomization.yaml` or a `Chart.yaml`,
 * as far as path names tell, without bases, components and the charts inside of charts. They are planned, never
 * applied.
 *
 * @param files paths of all files of the tree.
 */
export function discoverApps(files: readonly string[]): RepositoryConfig {
  const roots = new Map<string, 'kustomize' | 'helm'>()
  for (const file of [...files].sort()) {
    const { folder, name } = split(file)
    if (folder.split('/').some((segment) => segment !== '.' && notApps.test(segment)) || pathFault(folder)) continue
    if (name === 'Chart.yaml') roots.set(folder, 'helm')
    else if (KUSTOMIZATION_NAMES.includes(name) && !roots.has(folder)) roots.set(folder, 'kustomize')
  }
  const charts = [...roots]
    .filter(([, kind]) => kind === 'helm')
    .map(([folder]) => (folder === '.' ? '' : `${folder}/`))
  const taken = new Set<string>()
  const apps: App[] = []
  for (const folder of roots.keys()) {
    // What lies inside a chart (its subcharts, its templates) is part of that chart.
    if (charts.some((chart) => chart !== `${folder}/` && (folder === '.' ? false : folder.startsWith(chart)))) continue
    apps.push(defaultApp(unique(nameOf(folder), taken), folder))
  }
  return { apps, discovered: true }
}

/** The text of a `.github/drydock.yaml` that says what was discovered. */
export function proposeConfig(config: RepositoryConfig): string {
  const apps = config.apps.map(({ name, path, namespace }) => ({ name, path, ...(namespace ? { namespace } : {}) }))
  return dump({ version: 1, apps }, { lineWidth: -1 })
}

function split(file: string): { readonly folder: string; readonly name: string } {
  const slash = file.lastIndexOf('/')
  return slash < 0 ? { folder: '.', name: file } : { folder: file.slice(0, slash), name: file.slice(slash + 1) }
}

/** `apps/shop/overlays/production` → `shop-production` */
function nameOf(folder: string): string {
  const segments = folder.split('/')
  const telling = segments.filter((segment) => !layout.has(segment.toLowerCase()))
  const text = (telling.length > 0 ? telling : segments.slice(-1)).join('-').toLowerCase()
  // 53 letters: what Helm allows for the name of a release.
  const clean = (value: string): string => value.replace(/^-+|-+$/g, '')
  return clean(clean(text.replace(/[^a-z0-9]+/g, '-')).slice(0, 53)) || 'app'
}

function unique(name: string, taken: Set<string>): string {
  let result = name
  for (let number = 2; taken.has(result); number++) result = `${name}-${number}`
  taken.add(result)
  return result
}
