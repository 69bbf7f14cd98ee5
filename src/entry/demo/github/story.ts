import { join } from 'node:path'
import { requestAction, rerequestRun } from './acts/checks.ts'
import { commentOf, createComment, deleteComment, submitReview, updateComment } from './acts/conversation.ts'
import { identityOf, mergePull } from './acts/merge.ts'
import { mergeableState } from './acts/merge-state.ts'
import { closePull, editPull, openPull, pullOf, reopenPull } from './acts/pulls.ts'
import { afterPush } from './acts/pushes.ts'
import { enqueue, finishGroup } from './acts/queue.ts'
import { installationJson } from './build/installation.ts'
import { briefRepositoryJson } from './build/repository.ts'
import {
  branchHead,
  commitFiles,
  createBare,
  type FileChange,
  git,
  references,
  resolveCommit,
  setReference,
} from './git.ts'
import { readBlob } from './git-read.ts'
import type { Account, Repository } from './model.ts'
import type { NewRepository, RepositoryStory } from './story-types.ts'
import { emitInstallation } from './webhooks.ts'
import type { World } from './world.ts'
import { account, changed, exclusively, fullName, newId, timestamp } from './world.ts'

function addRepository(
  world: World,
  given: {
    readonly owner: Account
    readonly name: string
    readonly folder: string
    readonly defaultBranch: string
    readonly private: boolean
    readonly parent?: Repository
  },
): Repository {
  const now = timestamp()
  const repository: Repository = {
    ...given,
    parent: given.parent,
    id: newId(world),
    createdAt: now,
    pushedAt: now,
    roles: new Map(),
    requiredChecks: new Map(),
    pulls: new Map(),
    issues: new Map(),
    comments: new Map(),
    reviews: [],
    suites: [],
    checkRuns: [],
    statuses: [],
    deployments: [],
    mergeGroups: [],
    commits: new Map(),
    nextNumber: 1,
    lock: Promise.resolve(),
  }
  world.repositories.set(fullName(repository).toLowerCase(), repository)
  return repository
}

/** Installs the App on a repository and tells it. */
function install(world: World, repository: Repository): void {
  const { owner } = repository
  const known = world.installations.find((each) => each.account === owner)
  const installation = known ?? { id: newId(world), account: owner, repositories: [], createdAt: timestamp() }
  installation.repositories.push(repository)
  const json = installationJson(world, installation)
  const brief = briefRepositoryJson(repository)
  if (known) {
    const payload = {
      action: 'added',
      installation: json,
      repository_selection: 'selected',
      repositories_added: [brief],
      repositories_removed: [],
      requester: null,
    }
    emitInstallation(world, installation, 'installation_repositories', payload, owner)
    return
  }
  world.installations.push(installation)
  const payload = { action: 'created', installation: json, repositories: [brief] }
  emitInstallation(world, installation, 'installation', payload, owner)
}

/** Makes a repository with one commit, and installs the App there. */
export async function createRepository(world: World, given: NewRepository): Promise<RepositoryStory> {
  const owner = account(world, given.owner, given.user ? 'User' : 'Organization')
  const defaultBranch = given.defaultBranch ?? 'main'
  const folder = join(world.folder, given.owner, `${given.name}.git`)
  await createBare(folder, defaultBranch)
  const files = { 'README.md': `# ${given.name}\n`, ...given.files }
  const by = identityOf(owner)
  await commitFiles(folder, { branch: defaultBranch, files, message: 'Begin', by })
  const repository = addRepository(world, {
    owner,
    name: given.name,
    folder,
    defaultBranch,
    private: given.private ?? true,
  })
  if (given.installed !== false) install(world, repository)
  changed(world)
  return tellStory(world, repository)
}

async function createFork(world: World, parent: Repository, login: string): Promise<RepositoryStory> {
  const owner = account(world, login)
  const folder = join(world.folder, login, `${parent.name}.git`)
  await createBare(folder, parent.defaultBranch)
  await git(folder, ['fetch', '--quiet', parent.folder, '+refs/heads/*:refs/heads/*'])
  const { name, defaultBranch } = parent
  const fork = addRepository(world, { owner, name, folder, defaultBranch, private: parent.private, parent })
  return tellStory(world, fork)
}

async function commitOn(
  world: World,
  repository: Repository,
  branch: string,
  files: Readonly<Record<string, FileChange>>,
  message: string,
  author: Account,
  from?: string,
): Promise<string> {
  const before = await branchHead(repository.folder, branch)
  const parent = before ?? from ?? (await branchHead(repository.folder, repository.defaultBranch))
  const by = identityOf(author)
  const after = await commitFiles(repository.folder, { branch, files, message, by, parent })
  await afterPush(world, repository, { ref: `refs/heads/${branch}`, before, after }, author)
  return after
}

/** The repository as people use it. */
export function tellStory(world: World, repository: Repository): RepositoryStory {
  const who = (login: string) => account(world, login)
  const locked = <T>(work: () => Promise<T>) => exclusively(repository, work)
  const pullAt = (number: number) => pullOf(repository, number)
  const runAt = (id: number) => {
    const run = repository.checkRuns.find((each) => each.id === id)
    if (!run) throw new Error(`There is no check run ${id}.`)
    return run
  }
  const moveBranch = (branch: string, after: string | undefined, by: string) =>
    locked(async () => {
      const ref = `refs/heads/${branch}`
      const before = (await references(repository.folder)).get(ref)
      const commit = after && (await resolveCommit(repository.folder, after))
      if (after && !commit) throw new Error(`There is no commit ${after}.`)
      await setReference(repository.folder, ref, commit)
      await afterPush(world, repository, { ref, before, after: commit }, who(by))
    })
  return {
    owner: repository.owner.login,
    name: repository.name,
    fullName: fullName(repository),
    cloneUrl: `${world.url}/${fullName(repository)}.git`,
    installationId: world.installations.find((each) => each.repositories.includes(repository))?.id ?? 0,
    folder: repository.folder,
    commit: (branch, files, message, author, options) =>
      locked(() => commitOn(world, repository, branch, files, message, who(author), options?.from)),
    forcePush: moveBranch,
    deleteBranch: (branch, by) => moveBranch(branch, undefined, by),
    head: (branch) => branchHead(repository.folder, branch),
    file: async (ref, path) => (await readBlob(repository.folder, `${ref}:${path}`))?.bytes.toString('utf8'),
    fork: (owner) => createFork(world, repository, owner),
    openPullRequest: async (given) => {
      const author = who(given.author)
      const fork = given.fork && world.repositories.get(given.fork.fullName.toLowerCase())
      const headRepository = fork ?? repository
      const { files, head, title } = given
      if (files) {
        await exclusively(headRepository, () => commitOn(world, headRepository, head, files, title, author))
      }
      const pull = await locked(() =>
        openPull(world, repository, {
          head,
          headRepository,
          base: given.base ?? repository.defaultBranch,
          title,
          body: given.body ?? null,
          draft: given.draft ?? false,
          author,
        }),
      )
      return pull.number
    },
    mergePullRequest: (number, { by, method = 'merge', sha }) =>
      locked(() => mergePull(world, repository, pullAt(number), { method, by: who(by), sha })),
    closePullRequest: (number, by) => locked(async () => closePull(world, repository, pullAt(number), who(by))),
    reopenPullRequest: (number, by) => locked(() => reopenPull(world, repository, pullAt(number), who(by))),
    editPullRequest: (number, by, edit) => locked(() => editPull(world, repository, pullAt(number), who(by), edit)),
    review: async (number, by, state, body = '') => {
      submitReview(world, repository, pullAt(number), who(by), state, body)
    },
    comment: async (number, user, body, way = 'page') =>
      createComment(world, repository, number, who(user), body, way).id,
    editComment: async (id, body, by) => {
      const comment = commentOf(repository, id)
      updateComment(world, repository, comment, by === undefined ? comment.author : who(by), body)
    },
    deleteComment: async (id, by) => deleteComment(world, repository, commentOf(repository, id), who(by)),
    setPermission: (user, role) => {
      repository.roles.set(who(user).login.toLowerCase(), role)
    },
    addToTeam: (slug, user) => {
      const key = `${repository.owner.login}/${slug}`.toLowerCase()
      world.teams.set(key, (world.teams.get(key) ?? new Set()).add(who(user).login.toLowerCase()))
    },
    requireCheck: (branch, name) => {
      const checks = repository.requiredChecks.get(branch) ?? new Set()
      repository.requiredChecks.set(branch, checks.add(name))
    },
    enqueueMergeGroup: (number, by) => locked(() => enqueue(world, repository, pullAt(number), who(by))),
    finishMergeGroup: (group, reason) => locked(() => finishGroup(world, repository, group, reason)),
    rerequest: (id, by) => rerequestRun(world, repository, runAt(id), who(by)),
    pressButton: (id, identifier, by) => requestAction(world, repository, runAt(id), identifier, who(by)),
    pullRequest: (number) => ({ ...pullAt(number), mergeableState: mergeableState(repository, pullAt(number)) }),
    pullRequests: () => [...repository.pulls.values()],
    comments: (number) => [...repository.comments.values()].filter((each) => each.issue === number),
    checkRuns: (sha) => repository.checkRuns.filter((each) => sha === undefined || each.headSha === sha),
    deployments: () => [...repository.deployments],
    mergeGroups: () => [...repository.mergeGroups],
  }
}
