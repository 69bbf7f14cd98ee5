import { join } from 'node:path'
import { identityOf } from '../acts/merge.ts'
import { may } from '../auth.ts'
import { gitCommitJson } from '../build/commit.ts'
import { repositoryApi } from '../build/common.ts'
import { commitTree, git, resolveCommit } from '../git.ts'
import { listTree, readCommit } from '../git-read.ts'
import { type TreeChange, typesOf, writeTree } from '../git-write.ts'
import { GitHubError, notFound } from '../github-error.ts'
import type { Json, Repository } from '../model.ts'
import { created, type Need, ok, onRepository, type RepositoryCall, type Route } from '../router.ts'
import type { World } from '../world.ts'
import { newId } from '../world.ts'

const READ: readonly Need[] = [['contents', 'read']]
const WRITE: readonly Need[] = [['contents', 'write']]

const KINDS: Readonly<Record<string, string>> = { tree: 'trees', blob: 'blobs', commit: 'commits' }

async function treeJson(world: World, repository: Repository, name: string, recursive: boolean): Promise<Json> {
  const api = repositoryApi(world, repository)
  const entries = await listTree(repository.folder, name, recursive)
  if (!entries) throw notFound()
  const sha = (await git(repository.folder, ['rev-parse', `${name}^{tree}`])).trim()
  const tree = entries.map((each) => ({
    path: each.path,
    mode: each.mode,
    type: each.type,
    sha: each.sha,
    ...(each.type === 'blob' ? { size: each.size } : {}),
    url: `${api}/git/${KINDS[each.type]}/${each.sha}`,
  }))
  return { sha, url: `${api}/git/trees/${sha}`, tree, truncated: false }
}

/** The changes that a request asks for. Throws what GitHub answers to those that it doesn't take. */
async function changesOf({ repository, body, auth }: RepositoryCall, base: string | undefined) {
  const { folder } = repository
  const changes = (body.tree as readonly Json[]).map((entry): TreeChange => {
    const { path, mode, sha } = entry
    if (entry.content !== undefined) throw new GitHubError(422, 'The emulator takes no tree.content.')
    if (sha === undefined) throw new GitHubError(422, 'Must supply either tree.sha or tree.content.')
    return { path: String(path), mode: String(mode), sha: sha === null ? null : String(sha) }
  })
  const malformed = (part: string) => ['', '.', '..'].includes(part) || /^\.git$/i.test(part)
  if (changes.some(({ path }) => path.split('/').some(malformed))) {
    throw new GitHubError(422, 'tree.path contains a malformed path component')
  }
  // GitHub says no more than this of the permission that is missing.
  if (changes.some(({ path }) => path.startsWith('.github/workflows/')) && !may(auth, repository, 'workflows', 'write'))
    throw new GitHubError(403, 'Resource not accessible by integration')
  const objects = changes.filter(({ sha, mode }) => sha !== null && mode !== '160000')
  const types = await typesOf(
    folder,
    objects.map(({ sha }) => String(sha)),
  )
  const bad = objects.find(({ mode }, at) => types[at] !== (mode === '040000' ? 'tree' : 'blob'))
  if (bad) throw new GitHubError(422, `tree.sha ${bad.sha} is not a valid ${bad.mode === '040000' ? 'tree' : 'blob'}`)
  const there = new Set((base ? await listTree(folder, base, true) : [])?.map(({ path }) => path))
  if (changes.some(({ path, sha }) => sha === null && !there.has(path))) {
    throw new GitHubError(422, 'GitRPC::BadObjectState')
  }
  return changes
}

async function createTree(call: RepositoryCall) {
  const { world, repository, body } = call
  const base = typeof body.base_tree === 'string' ? body.base_tree : undefined
  if (base && !(await listTree(repository.folder, base))) throw notFound()
  const changes = await changesOf(call, base)
  const sha = await writeTree(repository.folder, join(world.folder, `index-${newId(world)}`), base, changes)
  return created(await treeJson(world, repository, sha, false))
}

async function createCommit({ world, repository, body, actor }: RepositoryCall) {
  const tree = String(body.tree)
  const parents = (body.parents ?? []) as readonly string[]
  const types = await typesOf(repository.folder, [tree, ...parents])
  if (types[0] !== 'tree') throw new GitHubError(422, 'Tree SHA does not exist')
  if (parents.some((_, at) => types[at + 1] !== 'commit')) {
    throw new GitHubError(422, 'Parent SHA does not exist or is not a commit object')
  }
  const wish = { tree, parents, message: String(body.message), by: identityOf(actor) }
  const commit = await readCommit(repository, await commitTree(repository.folder, wish))
  return created(gitCommitJson(world, repository, commit))
}

/** Commits and trees, as git keeps them: no branch need name them. */
export const gitObjectRoutes: readonly Route[] = [
  onRepository('GET', '/git/commits/{commit_sha}', READ, async ({ world, repository, params }) => {
    const sha = await resolveCommit(repository.folder, params.commit_sha ?? '')
    if (!sha) throw notFound()
    return ok(gitCommitJson(world, repository, await readCommit(repository, sha)))
  }),
  onRepository('POST', '/git/commits', WRITE, createCommit),
  onRepository('GET', '/git/trees/{tree_sha}', READ, async ({ world, repository, params, query }) =>
    ok(await treeJson(world, repository, params.tree_sha ?? '', query.has('recursive'))),
  ),
  onRepository('POST', '/git/trees', WRITE, createTree),
]
