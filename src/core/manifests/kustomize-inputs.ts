import { DrydockError } from '../model/errors.ts'
import type { SourcePosition } from '../model/manifest.ts'
import { KUSTOMIZATION_NAMES } from './detect.ts'
import type { ListFiles, ReadFile } from './inputs.ts'
import {
  isAddress,
  type Kustomization,
  type KustomizeReference,
  looksRemote,
  namedFiles,
  readKustomization,
} from './kustomization.ts'
import { inFolder, resolveInside } from './repository-path.ts'

/** More kustomizations than this are taken for a mistake. */
const MAX_FOLDERS = 1_000

/** A kustomization file with what it refers to on the network. */
type WalkedKustomization = {
  readonly path: string
  readonly kustomization: Kustomization
  readonly remote: readonly RemoteReference[]
}

/** Something that kustomize would fetch. */
type RemoteReference = { readonly value: string; readonly source: SourcePosition }

/** All that a kustomization reads. */
export type KustomizeWalk = {
  readonly inputs: ReadonlySet<string>
  /** The inputs that hold objects; the others are patches, settings and data. */
  readonly resources: ReadonlySet<string>
  readonly kustomizations: readonly WalkedKustomization[]
}

/**
 * Follows the kustomization in a folder through its bases and components.
 *
 * @throws DrydockError `path-missing`, `path-refused` with the line of the reference, `render-too-large`
 */
export async function walkKustomizations(start: string, read: ReadFile, list: ListFiles): Promise<KustomizeWalk> {
  const inputs = new Set<string>()
  const resources = new Set<string>()
  const seen = new Set<string>([start])
  const pending = [start]
  const kustomizations: WalkedKustomization[] = []

  /** What a reference adds to the walk; returns what is on the network. */
  const follow = async (folder: string, reference: KustomizeReference): Promise<readonly RemoteReference[]> => {
    const { value, source, kind } = reference
    if (isAddress(value)) return [{ value, source }]
    const path = resolveInside(folder, value, source)
    const text = seen.has(path) ? undefined : await read(path)
    if (text !== undefined) {
      inputs.add(path)
      if (kind === 'tree') resources.add(path)
      return kind === 'plugin' ? followSettings(folder, path, text) : []
    }
    if (kind !== 'file' && (seen.has(path) || (await list(path)).length > 0)) {
      if (!seen.has(path)) pending.push(path)
      seen.add(path)
      return []
    }
    if (looksRemote(value)) return [{ value, source }]
    throw missing(reference)
  }

  /** Files that a transformer's settings name; kustomize lets it read only below the kustomization. */
  const followSettings = async (folder: string, file: string, text: string): Promise<readonly RemoteReference[]> => {
    const named = namedFiles(text)
    for (const value of named) {
      if (isAddress(value) || value.startsWith('/') || value.split('/').includes('..')) continue
      const path = resolveInside(folder, value, { path: file, line: 1 })
      if (path !== folder && (await read(path)) !== undefined) inputs.add(path)
    }
    return named.filter(isAddress).map((value) => ({ value, source: { path: file, line: 1 } }))
  }

  for (let folder = pending.shift(); folder !== undefined; folder = pending.shift()) {
    if (seen.size > MAX_FOLDERS) {
      throw new DrydockError('render-too-large', `The kustomization in ${start} refers to over ${MAX_FOLDERS} folders.`)
    }
    let found = false
    for (const name of KUSTOMIZATION_NAMES) {
      const path = inFolder(folder, name)
      const text = await read(path)
      if (text === undefined) continue
      found = true
      inputs.add(path)
      const kustomization = readKustomization(path, text)
      const remote: RemoteReference[] = []
      for (const reference of kustomization.references) remote.push(...(await follow(folder, reference)))
      for (const settings of kustomization.inlineSettings)
        remote.push(...(await followSettings(folder, path, settings)))
      kustomizations.push({ path, kustomization, remote })
    }
    // Kustomize says that a kustomization is missing; it needs the folder to say it of.
    if (!found) inputs.add(folder)
  }
  return { inputs, resources, kustomizations }
}

function missing(reference: KustomizeReference): DrydockError {
  const { source, value } = reference
  return new DrydockError('path-missing', `${source.path} refers to ${value}, which is not in this commit.`, {
    source,
    hint: 'Correct the path, or add the missing file.',
  })
}
