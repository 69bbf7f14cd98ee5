import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DrydockError } from '../../core/model/errors.ts'
import type { GitRepository, Log } from '../../flows/ports.ts'
import type { GitCredential } from './environment.ts'
import { isObjectId, objectId } from './names.ts'
import { type GitRun, gitText, runGit } from './process.ts'
import { repositoryAt, resolveRef } from './repository.ts'

/** Where a mirror lies and what it copies. */
export type MirrorOptions = {
  /** The bare repository; made when it is missing. */
  readonly folder: string
  /** `https://host/owner/name.git`, without credentials. */
  readonly url: string
  /** A fresh token, asked for before each use of the network. */
  readonly token: () => Promise<string>
  readonly log: Log
  /** Allow `file://` URLs, for tests and local use. */
  readonly allowFile?: boolean
}

/** A ref for each fetched commit: it tells the next fetch what is here, and keeps the objects. */
const KEPT = 'refs/drydock/commits'
const FETCH_MS = 10 * 60_000
/** A ref is locked for milliseconds; a lock this old (ms) was left by a process that was killed. */
const STALE_LOCK_MS = 60_000

/**
 * Opens the bare mirror of a remote repository. Fetches of one mirror run one after another.
 *
 * @throws DrydockError `git-failed`, with the reason of git and without the token
 */
export async function openMirror(options: MirrorOptions): Promise<GitRepository> {
  const { folder: gitDir, url, log } = options
  if (!/^(https?|file):\/\//.test(url) || /^[a-z]+:\/\/[^/]*@/.test(url)) {
    throw new DrydockError('git-failed', 'The URL of a repository must be http(s) and must not hold credentials.')
  }
  await initialise(gitDir)
  const allow = ['https', 'http', ...(options.allowFile ? ['file'] : [])]
  const remote = async (): Promise<GitRun> => {
    const credential: GitCredential = { url, token: await options.token() }
    return { gitDir, allow, credential, timeoutMs: FETCH_MS }
  }

  const fetchNow = async (commits: readonly string[]): Promise<void> => {
    const missing = await missingCommits(gitDir, commits)
    if (missing.length === 0) return
    const run = await remote()
    const started = performance.now()
    try {
      await fetchRefs(
        gitDir,
        url,
        missing.map((commit) => `+${commit}:${KEPT}/${commit}`),
        run,
      )
    } catch (error) {
      if (!(error instanceof DrydockError) || !/not our ref|unadvertised|not reachable/i.test(error.message))
        throw error
      await fetchBranches(gitDir, url, missing, run)
    }
    log.debug('fetched commits', { url, commits: missing.length, ms: Math.round(performance.now() - started) })
  }

  let last: Promise<unknown> = Promise.resolve()
  return repositoryAt(gitDir, {
    fetch: (commits) => {
      const wanted = [...new Set(commits.map(objectId))]
      const turn = last.then(() => fetchNow(wanted))
      last = turn.catch(() => {})
      return turn
    },
    resolve: async (ref) => {
      if (isObjectId(ref)) return resolveRef(gitDir, ref)
      if (!/^[A-Za-z0-9_]/.test(ref)) return undefined
      const names = ref === 'HEAD' || ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`]
      const answer = await gitText(['ls-remote', '--quiet', '--', url, ...names], await remote())
      const found = answer.split('\n').map((line) => line.split('\t'))
      return names.map((name) => found.find((line) => line[1] === name)?.[0]).find(Boolean)
    },
  })
}

/** Made beside its place and moved there, so that a killed process leaves no half repository. */
async function initialise(gitDir: string): Promise<void> {
  if (await exists(join(gitDir, 'HEAD'))) return
  await mkdir(dirname(gitDir), { recursive: true })
  const fresh = await mkdtemp(`${gitDir}.new-`)
  try {
    await runGit(['init', '--bare', '--quiet', '--template=', '--initial-branch=main', fresh], { cwd: fresh })
    await rename(fresh, gitDir)
  } catch (error) {
    if (!(await exists(join(gitDir, 'HEAD')))) throw error
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

/** A commit counts as present only when a finished fetch vouches for all that it needs. */
async function missingCommits(gitDir: string, commits: readonly string[]): Promise<readonly string[]> {
  const missing: string[] = []
  for (const commit of commits) {
    const kept = await runGit(['show-ref', '--verify', '--quiet', `${KEPT}/${commit}`], { gitDir, answers: [0, 1] })
    if (kept.code === 0) continue
    const containing = ['for-each-ref', '--count=1', '--format=x', `--contains=${commit}`, 'refs/drydock']
    // 129: the commit isn't there at all.
    const found = await gitText(containing, { gitDir, answers: [0, 1, 128, 129] })
    if (found !== 'x') missing.push(commit)
  }
  return missing
}

async function fetchRefs(gitDir: string, url: string, refspecs: readonly string[], run: GitRun): Promise<void> {
  const quiet = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-gc']
  const deadline = Date.now() + STALE_LOCK_MS
  for (;;) {
    try {
      await runGit(['fetch', ...quiet, '--', url, ...refspecs], run)
      return
    } catch (error) {
      const lock = error instanceof DrydockError ? /'([^']+\.lock)': File exists/.exec(error.message)?.[1] : undefined
      if (!lock?.startsWith(gitDir) || Date.now() > deadline) throw error
      const left = await stat(lock).catch(() => undefined)
      if (left && Date.now() - left.mtimeMs > STALE_LOCK_MS) await rm(lock, { force: true })
      else await sleep(200)
    }
  }
}

/** For servers that give no commit by its id. */
async function fetchBranches(gitDir: string, url: string, commits: readonly string[], run: GitRun): Promise<void> {
  await fetchRefs(gitDir, url, ['+refs/heads/*:refs/drydock/heads/*'], run)
  for (const commit of commits) {
    const there = await runGit(['cat-file', '-e', `${commit}^{commit}`], { gitDir, answers: [0, 1, 128] })
    if (there.code !== 0) {
      throw new DrydockError('git-failed', `The commit ${commit} is not in the repository any more.`, {
        hint: 'It may have been replaced by a force push. Push again, or comment /plan.',
      })
    }
    await runGit(['update-ref', `${KEPT}/${commit}`, commit], { gitDir })
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
