import picomatch from 'picomatch'
import { defaultApp } from '../../core/config/defaults.ts'
import { discoverApps } from '../../core/config/discover.ts'
import { detectRenderKind } from '../../core/manifests/detect.ts'
import type { App } from '../../core/model/app.ts'
import { DrydockError } from '../../core/model/errors.ts'
import type { GitRepository } from '../ports.ts'
import { readConfig } from '../render/read-config.ts'

/** A folder of a checkout, as a command was given it. */
export type Directory = {
  readonly repository: GitRepository
  /** `owner/name`, or `local/<folder>-<hash>` without a remote. */
  readonly repositoryName: string
  readonly head: string
  /** The folder's path from the repository's root; `.` is the root. */
  readonly pathInside: string
  /** Name for an app that is made of this folder. */
  readonly folderName: string
}

/**
 * The apps that a command on a folder means: those configured at or below it; else the folder itself when it renders;
 * else what is found below it. `app` (a name or glob) narrows them down.
 */
export async function appsOfDirectory(directory: Directory, app?: string): Promise<readonly App[]> {
  const config = await readConfig(directory.repository, directory.head)
  const configured = config.discovered ? [] : config.apps.filter((each) => isBelow(each.path, directory.pathInside))
  const apps = configured.length > 0 ? configured : await foundApps(directory)
  const chosen = app === undefined ? apps : apps.filter((each) => picomatch.isMatch(each.name, app))
  if (chosen.length > 0) return chosen
  throw new DrydockError(
    'config-missing',
    app === undefined ? 'There is no app in this folder.' : `There is no app "${app}" here.`,
    {
      hint:
        apps.length > 0
          ? `It has: ${apps.map((each) => each.name).join(', ')}.`
          : 'Name a folder with manifests, a kustomization.yaml or a Chart.yaml.',
    },
  )
}

async function foundApps(directory: Directory): Promise<readonly App[]> {
  const { repository, head, pathInside } = directory
  const files = (await repository.list(head, pathInside === '.' ? undefined : pathInside)).map((entry) => entry.path)
  if (files.length === 0) {
    throw new DrydockError(
      'path-missing',
      `${pathInside === '.' ? 'The repository' : pathInside} holds no file at ${head.slice(0, 7)}.`,
      {
        hint: 'Commit the folder first: Drydock plans what Git says.',
      },
    )
  }
  const whole = defaultApp(nameOf(directory.folderName), pathInside)
  if (detectRenderKind(pathInside, files) !== 'plain') return [whole]
  const below = discoverApps(files).apps
  return below.length > 0 ? below : [whole]
}

function isBelow(path: string, folder: string): boolean {
  return folder === '.' || path === folder || path.startsWith(`${folder}/`)
}

/** An RFC 1123 label. */
function nameOf(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 53)
    .replace(/^-+|-+$/g, '')
  return name || 'app'
}
