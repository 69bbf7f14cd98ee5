import { identityOf } from '../acts/merge.ts'
import { afterPush } from '../acts/pushes.ts'
import { gitCommitJson } from '../build/commit.ts'
import { repositoryApi, repositoryHtml } from '../build/common.ts'
import { branchHead, commitFiles, type FileChange, resolveCommit } from '../git.ts'
import { listTree, readBlob, readCommit } from '../git-read.ts'
import { GitHubError, notFound } from '../github-error.ts'
import type { Json, Repository } from '../model.ts'
import { type Need, ok, onRepository, type RepositoryCall, type Route } from '../router.ts'
import type { World } from '../world.ts'
import { exclusively } from '../world.ts'

const READ: readonly Need[] = [['contents', 'read']]
const WRITE: readonly Need[] = [['contents', 'write']]

/** Larger files come without content, bytes. */
const MAX_INLINE = 1024 * 1024

function entryJson(
  world: World,
  repository: Repository,
  ref: string,
  entry: { readonly type: string; readonly path: string; readonly sha: string; readonly size: number },
): Json {
  const path = entry.path.split('/').map(encodeURIComponent).join('/')
  const url = `${repositoryApi(world, repository)}/contents/${path}?ref=${ref}`
  const file = entry.type === 'file'
  const git = `${repositoryApi(world, repository)}/git/${file ? 'blobs' : 'trees'}/${entry.sha}`
  const html = `${repositoryHtml(world, repository)}/${file ? 'blob' : 'tree'}/${ref}/${path}`
  return {
    type: entry.type,
    name: entry.path.split('/').at(-1),
    path: entry.path,
    sha: entry.sha,
    size: entry.size,
    url,
    git_url: git,
    html_url: html,
    download_url: file ? `${repositoryHtml(world, repository)}/raw/${ref}/${path}` : null,
    _links: { self: url, git, html },
  }
}

async function show({ world, repository, params, query }: RepositoryCall) {
  const ref = query.get('ref') ?? repository.defaultBranch
  const path = (params.path ?? '').replace(/\/+$/, '')
  const commit = await resolveCommit(repository.folder, ref)
  if (!commit) throw new GitHubError(404, `No commit found for the ref ${ref}`)
  const blob = path ? await readBlob(repository.folder, `${commit}:${path}`) : undefined
  if (blob) {
    const { sha, bytes } = blob
    const inline = bytes.length <= MAX_INLINE
    return ok({
      ...entryJson(world, repository, ref, { type: 'file', path, sha, size: bytes.length }),
      content: inline ? bytes.toString('base64').replaceAll(/(.{60})/g, '$1\n') : '',
      encoding: inline ? 'base64' : 'none',
    })
  }
  const entries = await listTree(repository.folder, `${commit}:${path}`)
  if (!entries) throw notFound()
  const kind = (type: string, mode: string) =>
    type === 'tree' ? 'dir' : type === 'commit' ? 'submodule' : mode === '120000' ? 'symlink' : 'file'
  return ok(
    entries.slice(0, 1000).map((each) => {
      const full = path ? `${path}/${each.path}` : each.path
      return entryJson(world, repository, ref, { ...each, type: kind(each.type, each.mode), path: full })
    }),
  )
}

async function write(call: RepositoryCall, change: FileChange) {
  const { world, repository, params, body, actor } = call
  const branch = typeof body.branch === 'string' ? body.branch : repository.defaultBranch
  const path = params.path ?? ''
  return exclusively(repository, async () => {
    const before = await branchHead(repository.folder, branch)
    if (!before) throw new GitHubError(404, `Branch ${branch} not found`)
    const old = await readBlob(repository.folder, `${before}:${path}`)
    if (old && body.sha === undefined) throw new GitHubError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if (old?.sha !== body.sha) throw new GitHubError(409, `${path} does not match ${body.sha}`)
    const message = String(body.message)
    const files = { [path]: change }
    const after = await commitFiles(repository.folder, {
      branch,
      files,
      message,
      by: identityOf(actor),
      parent: before,
    })
    await afterPush(world, repository, { ref: `refs/heads/${branch}`, before, after }, actor)
    const now = await readBlob(repository.folder, `${after}:${path}`)
    const size = now?.bytes.length ?? 0
    const content = now ? entryJson(world, repository, branch, { type: 'file', path, sha: now.sha, size }) : null
    const commit = gitCommitJson(world, repository, await readCommit(repository, after))
    return { status: old ? 200 : 201, body: { content, commit } }
  })
}

/** Files and folders at a commit. */
export const contentRoutes: readonly Route[] = [
  onRepository('GET', '/contents/{path}', READ, show),
  onRepository('PUT', '/contents/{path}', WRITE, (call) =>
    write(call, Buffer.from(String(call.body.content), 'base64')),
  ),
  onRepository('DELETE', '/contents/{path}', WRITE, (call) => write(call, null)),
]
