import type { App } from '../../core/model/app.ts'
import type { GitRepository } from '../ports.ts'
import { readConfig } from './read-config.ts'

/**
 * An app with what a commit itself says of how it is rendered: path, renderer, Helm's settings, namespace. All else is as it is
 * given. An app that the commit doesn't configure, or not so that it can be read, is taken as it is given; one that had another
 * name is found by its path.
 */
export async function appAt(repository: GitRepository, treeish: string, app: App): Promise<App> {
  const config = await readConfig(repository, treeish).catch(() => undefined)
  if (!config || config.discovered) return app
  const then =
    config.apps.find((each) => each.name === app.name) ??
    config.apps.find((each) => each.path === app.path && each.cluster === app.cluster)
  if (!then) return app
  const { helm: _helm, namespace: _namespace, ...rest } = app
  const { path, render, helm, namespace } = then
  return { ...rest, path, render, ...(helm ? { helm } : {}), ...(namespace === undefined ? {} : { namespace }) }
}
