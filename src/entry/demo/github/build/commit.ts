import type { FileDiff } from '../git-read.ts'
import type { Account, CommitInfo, Json, Repository, Signature } from '../model.ts'
import type { World } from '../world.ts'
import { nodeId, repositoryApi, repositoryHtml, userJson } from './common.ts'

/** The account that an e-mail address of a commit belongs to. */
export function accountOf(world: World, email: string): Account | undefined {
  return [...world.accounts.values()].find((each) => each.email === email)
}

/** `verification` of a commit that nobody signed. */
const UNSIGNED = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null }

/** `simple-commit`: in suites, pushes and merge groups. */
export function simpleCommitJson(commit: CommitInfo): Json {
  return {
    id: commit.sha,
    tree_id: commit.tree,
    message: commit.message,
    timestamp: commit.committer.date,
    author: { name: commit.author.name, email: commit.author.email },
    committer: { name: commit.committer.name, email: commit.committer.email },
  }
}

/** `commit` of REST. */
export function commitJson(world: World, repository: Repository, commit: CommitInfo): Json {
  const api = repositoryApi(world, repository)
  const html = repositoryHtml(world, repository)
  const url = `${api}/commits/${commit.sha}`
  const who = (signature: Signature) => {
    const found = accountOf(world, signature.email)
    return found ? userJson(world, found) : null
  }
  return {
    sha: commit.sha,
    node_id: nodeId(`Commit:${commit.sha}`, repository.id),
    url,
    html_url: `${html}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${api}/git/commits/${commit.sha}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      verification: UNSIGNED,
    },
    author: who(commit.author),
    committer: who(commit.committer),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/commits/${sha}`,
      html_url: `${html}/commit/${sha}`,
    })),
  }
}

/** `git-commit` of REST. */
export function gitCommitJson(world: World, repository: Repository, commit: CommitInfo): Json {
  const api = repositoryApi(world, repository)
  const html = repositoryHtml(world, repository)
  return {
    sha: commit.sha,
    node_id: nodeId(`Commit:${commit.sha}`, repository.id),
    url: `${api}/git/commits/${commit.sha}`,
    html_url: `${html}/commit/${commit.sha}`,
    author: commit.author,
    committer: commit.committer,
    tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
    message: commit.message,
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/git/commits/${sha}`,
      html_url: `${html}/commit/${sha}`,
    })),
    verification: UNSIGNED,
  }
}

/** `diff-entry`: a file of a commit, comparison or pull request. */
export function fileJson(world: World, repository: Repository, sha: string, file: FileDiff): Json {
  const path = file.path.split('/').map(encodeURIComponent).join('/')
  const html = repositoryHtml(world, repository)
  return {
    sha: file.blob,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${html}/blob/${sha}/${path}`,
    raw_url: `${html}/raw/${sha}/${path}`,
    contents_url: `${repositoryApi(world, repository)}/contents/${path}?ref=${sha}`,
    ...(file.patch === undefined ? {} : { patch: file.patch }),
    ...(file.previous === undefined ? {} : { previous_filename: file.previous }),
  }
}
