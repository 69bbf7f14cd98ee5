import { afterPush } from '../acts/pushes.ts'
import { commitJson, fileJson } from '../build/commit.ts'
import { nodeId, repositoryApi, repositoryHtml } from '../build/common.ts'
import { branchHead, git, isAncestor, references, resolveCommit, setReference } from '../git.ts'
import { diffFiles, log, readCommit } from '../git-read.ts'
import { GitHubError, notFound } from '../github-error.ts'
import type { Json, Repository } from '../model.ts'
import { created, list, type Need, ok, onRepository, type RepositoryCall, type Route } from '../router.ts'
import type { World } from '../world.ts'
import { exclusively } from '../world.ts'

const READ: readonly Need[] = [['contents', 'read']]
const WRITE: readonly Need[] = [['contents', 'write']]

function referenceJson(world: World, repository: Repository, ref: string, sha: string): Json {
  const api = repositoryApi(world, repository)
  return {
    ref,
    node_id: nodeId(`Ref:${ref}`, repository.id),
    url: `${api}/git/${ref.split('/').map(encodeURIComponent).join('/')}`,
    object: { sha, type: 'commit', url: `${api}/git/commits/${sha}` },
  }
}

async function commitAt({ repository, params }: RepositoryCall, name: string): Promise<string> {
  const ref = params[name] ?? ''
  const sha = await resolveCommit(repository.folder, ref)
  if (!sha) throw new GitHubError(422, `No commit found for SHA: ${ref}`)
  return sha
}

async function showCommit(call: RepositoryCall) {
  const { world, repository } = call
  const commit = await readCommit(repository, await commitAt(call, 'ref'))
  const parent = commit.parents[0]
  const files = parent ? await diffFiles(repository.folder, parent, commit.sha) : []
  const additions = files.reduce((sum, file) => sum + file.additions, 0)
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0)
  return ok({
    ...commitJson(world, repository, commit),
    stats: { total: additions + deletions, additions, deletions },
    files: files.slice(0, 300).map((file) => fileJson(world, repository, commit.sha, file)),
  })
}

async function compare({ world, repository, params }: RepositoryCall) {
  const [left = '', right = ''] = (params.basehead ?? '').split('...')
  const { folder } = repository
  const [base, head] = await Promise.all([resolveCommit(folder, left), resolveCommit(folder, right)])
  if (!base || !head) throw notFound()
  const mergeBase = (await git(folder, ['merge-base', base, head], { accept: [1] })).trim()
  if (!mergeBase) throw new GitHubError(404, `No common ancestor between ${left} and ${right}.`)
  const commits = await log(repository, ['--reverse', `${base}..${head}`])
  const behind = Number(await git(folder, ['rev-list', '--count', `${head}..${base}`]))
  const files = await diffFiles(folder, mergeBase, head)
  const ahead = commits.length
  const status = ahead && behind ? 'diverged' : ahead ? 'ahead' : behind ? 'behind' : 'identical'
  const html = `${repositoryHtml(world, repository)}/compare/${left}...${right}`
  return ok({
    url: `${repositoryApi(world, repository)}/compare/${left}...${right}`,
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: commitJson(world, repository, await readCommit(repository, base)),
    merge_base_commit: commitJson(world, repository, await readCommit(repository, mergeBase)),
    status,
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: commits.slice(0, 250).map((commit) => commitJson(world, repository, commit)),
    files: files.slice(0, 300).map((file) => fileJson(world, repository, head, file)),
  })
}

async function move(
  { world, repository, actor }: RepositoryCall,
  ref: string,
  decide: (before: string | undefined) => Promise<string | undefined>,
): Promise<string | undefined> {
  return exclusively(repository, async () => {
    const before = (await references(repository.folder)).get(ref)
    const after = await decide(before)
    await setReference(repository.folder, ref, after)
    await afterPush(world, repository, { ref, before, after }, actor)
    return after
  })
}

async function createReference(call: RepositoryCall) {
  const { world, repository, body } = call
  const ref = String(body.ref)
  const sha = String(body.sha)
  if (!/^refs\/[^/]+\/./.test(ref)) throw new GitHubError(422, `${ref} is not a valid ref name.`)
  await move(call, ref, async (before) => {
    if (before) throw new GitHubError(422, 'Reference already exists')
    if (!(await resolveCommit(repository.folder, sha))) throw new GitHubError(422, 'Object does not exist')
    return sha
  })
  return created(referenceJson(world, repository, ref, sha))
}

async function updateReference(call: RepositoryCall) {
  const { world, repository, body, params } = call
  const ref = `refs/${params.ref}`
  const sha = String(body.sha)
  await move(call, ref, async (before) => {
    if (!before) throw new GitHubError(422, 'Reference does not exist')
    if (!(await resolveCommit(repository.folder, sha))) throw new GitHubError(422, 'Object does not exist')
    if (body.force !== true && !(await isAncestor(repository.folder, before, sha))) {
      throw new GitHubError(422, 'Update is not a fast forward')
    }
    return sha
  })
  return ok(referenceJson(world, repository, ref, sha))
}

async function showBranch({ world, repository, params }: RepositoryCall) {
  const name = params.branch ?? ''
  const sha = await branchHead(repository.folder, name)
  if (!sha) throw new GitHubError(404, 'Branch not found')
  const url = `${repositoryApi(world, repository)}/branches/${encodeURIComponent(name)}`
  const checks = [...(repository.requiredChecks.get(name) ?? [])]
  const level = checks.length > 0 ? 'non_admins' : 'off'
  const required = {
    enforcement_level: level,
    contexts: checks,
    checks: checks.map((context) => ({ context, app_id: null })),
  }
  return ok({
    name,
    commit: commitJson(world, repository, await readCommit(repository, sha)),
    _links: { html: `${repositoryHtml(world, repository)}/tree/${name}`, self: url },
    protected: checks.length > 0,
    protection: { enabled: checks.length > 0, required_status_checks: required },
    protection_url: `${url}/protection`,
  })
}

/** Commits, comparisons, branches and references. */
export const gitDataRoutes: readonly Route[] = [
  onRepository('GET', '/commits', READ, async ({ world, repository, query }) => {
    const from = query.get('sha') ?? repository.defaultBranch
    if (!(await resolveCommit(repository.folder, from))) throw notFound()
    return list(await log(repository, ['-1000', from]), (commit) => commitJson(world, repository, commit))
  }),
  onRepository('GET', '/commits/{ref}', READ, showCommit),
  onRepository('GET', '/compare/{basehead}', READ, compare),
  onRepository('GET', '/branches', READ, async ({ world, repository }) => {
    const all = [...(await references(repository.folder))].filter(([ref]) => ref.startsWith('refs/heads/'))
    return list(all, ([ref, sha]) => {
      const name = ref.slice('refs/heads/'.length)
      const url = `${repositoryApi(world, repository)}/commits/${sha}`
      return { name, commit: { sha, url }, protected: repository.requiredChecks.has(name) }
    })
  }),
  onRepository('GET', '/branches/{branch}', READ, showBranch),
  onRepository('GET', '/git/ref/{ref}', READ, async ({ world, repository, params }) => {
    const ref = `refs/${params.ref}`
    const sha = (await references(repository.folder)).get(ref)
    if (!sha) throw notFound()
    return ok(referenceJson(world, repository, ref, sha))
  }),
  onRepository('GET', '/git/matching-refs/{ref}', READ, async ({ world, repository, params }) => {
    const all = [...(await references(repository.folder))].filter(([ref]) => ref.startsWith(`refs/${params.ref}`))
    return list(all, ([ref, sha]) => referenceJson(world, repository, ref, sha))
  }),
  onRepository('POST', '/git/refs', WRITE, createReference),
  onRepository('PATCH', '/git/refs/{ref}', WRITE, updateReference),
  onRepository('DELETE', '/git/refs/{ref}', WRITE, async (call) => {
    await move(call, `refs/${call.params.ref}`, async (before) => {
      if (!before) throw new GitHubError(422, 'Reference does not exist')
      return undefined
    })
    return { status: 204 }
  }),
]
