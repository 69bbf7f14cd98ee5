import { spawn } from 'node:child_process'
import { devNull } from 'node:os'

/** Who makes a commit. */
export type Identity = { readonly name: string; readonly email: string }

/** What a file shall be: text, bytes, a symbolic link, an executable, or `null` to delete it. */
export type FileChange =
  | string
  | Uint8Array
  | null
  | { readonly symlink: string }
  | { readonly executable: string }
  | { readonly submodule: string }

/** Environment of every git process: nothing of the machine's own configuration has a say. */
export function gitEnvironment(folder: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: devNull,
    GIT_TERMINAL_PROMPT: '0',
  }
}

/** How git is run: its input, more environment, exit codes beside 0 that are answers. */
type GitOptions = {
  readonly input?: string | Uint8Array
  readonly env?: NodeJS.ProcessEnv
  readonly accept?: readonly number[]
}

/** Runs git in a repository and returns its output. Throws with what git said when it fails. */
export async function git(folder: string, args: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await gitBytes(folder, args, options)).toString('utf8')
}

/** The same as bytes. */
export function gitBytes(folder: string, args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { cwd: folder, env: { ...gitEnvironment(folder), ...options.env } })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0 || (code !== null && options.accept?.includes(code))) resolve(Buffer.concat(out))
      else reject(new Error(`git ${args[0]} ended with ${code}: ${Buffer.concat(err).toString('utf8').trim()}`))
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input)
  })
}

/** Makes a bare repository that serves any commit by its id, as GitHub does. */
export async function createBare(folder: string, defaultBranch: string): Promise<void> {
  await git('.', ['init', '--quiet', '--bare', `--initial-branch=${defaultBranch}`, folder])
  const settings = {
    'uploadpack.allowAnySHA1InWant': 'true',
    'uploadpack.allowFilter': 'true',
    'receive.hideRefs': 'refs/pull',
    'gc.auto': '0',
    'core.logAllRefUpdates': 'false',
  }
  for (const [key, value] of Object.entries(settings)) await git(folder, ['config', key, value])
}

/** The commit that a branch, reference or id stands for, or `undefined`. */
export async function resolveCommit(folder: string, name: string): Promise<string | undefined> {
  const found = await git(folder, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`], {
    accept: [1, 128],
  })
  return found.trim() || undefined
}

/** The head of a branch, or `undefined`. */
export function branchHead(folder: string, branch: string): Promise<string | undefined> {
  return resolveCommit(folder, `refs/heads/${branch}`)
}

/** Points a reference at a commit; `undefined` deletes it. */
export async function setReference(folder: string, reference: string, commit: string | undefined): Promise<void> {
  await git(folder, commit ? ['update-ref', reference, commit] : ['update-ref', '-d', reference])
}

/** All references with their commits. */
export async function references(folder: string): Promise<ReadonlyMap<string, string>> {
  const lines = (await git(folder, ['for-each-ref', '--format=%(refname) %(objectname)'])).split('\n').filter(Boolean)
  return new Map(lines.map((line) => line.split(' ') as [string, string]))
}

/** Is every commit of `older` also in `newer`? */
export async function isAncestor(folder: string, older: string, newer: string): Promise<boolean> {
  const base = await git(folder, ['merge-base', older, newer], { accept: [1] })
  return base.trim() === older
}

/** The tree of merging two commits, or `undefined` when they conflict. */
export async function mergeTree(folder: string, ours: string, theirs: string): Promise<string | undefined> {
  const out = await git(folder, ['merge-tree', '--write-tree', '--allow-unrelated-histories', ours, theirs], {
    accept: [1],
  })
  const lines = out.split('\n')
  return lines.filter(Boolean).length === 1 ? lines[0] : undefined
}

function identityEnvironment(identity: Identity): NodeJS.ProcessEnv {
  return {
    GIT_AUTHOR_NAME: identity.name,
    GIT_AUTHOR_EMAIL: identity.email,
    GIT_COMMITTER_NAME: identity.name,
    GIT_COMMITTER_EMAIL: identity.email,
  }
}

/** Makes a commit of a tree. Returns its id. */
export async function commitTree(
  folder: string,
  commit: {
    readonly tree: string
    readonly parents: readonly string[]
    readonly message: string
    readonly by: Identity
  },
): Promise<string> {
  const parents = commit.parents.flatMap((parent) => ['-p', parent])
  const env = identityEnvironment(commit.by)
  return (await git(folder, ['commit-tree', commit.tree, ...parents], { input: commit.message, env })).trim()
}

/** Puts the commits of `head` that `base` lacks on top of `base`. Returns the last one, or `undefined` on a conflict. */
export async function rebase(
  folder: string,
  scratch: string,
  base: string,
  head: string,
  by: Identity,
): Promise<string | undefined> {
  await git(folder, ['worktree', 'add', '--quiet', '--detach', scratch, head])
  try {
    await git(scratch, ['rebase', '--quiet', '--no-ff', base], { env: identityEnvironment(by) })
    return (await git(scratch, ['rev-parse', 'HEAD'])).trim()
  } catch {
    return undefined
  } finally {
    await git(folder, ['worktree', 'remove', '--force', scratch])
  }
}

function quoted(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

function fileCommand(path: string, change: FileChange): Buffer {
  if (change === null) return Buffer.from(`D ${quoted(path)}\n`)
  if (typeof change === 'object' && 'submodule' in change) {
    return Buffer.from(`M 160000 ${change.submodule} ${quoted(path)}\n`)
  }
  const [mode, content] =
    typeof change === 'string' || change instanceof Uint8Array
      ? ['100644', Buffer.from(change)]
      : 'symlink' in change
        ? ['120000', Buffer.from(change.symlink)]
        : ['100755', Buffer.from(change.executable)]
  return Buffer.concat([
    Buffer.from(`M ${mode} inline ${quoted(path)}\ndata ${content.length}\n`),
    content,
    Buffer.from('\n'),
  ])
}

/** Commits file changes on a branch that may be new (then from `parent`, or as its first commit). Returns the commit. */
export async function commitFiles(
  folder: string,
  commit: {
    readonly branch: string
    readonly files: Readonly<Record<string, FileChange>>
    readonly message: string
    readonly by: Identity
    readonly parent?: string | undefined
  },
): Promise<string> {
  const who = `${commit.by.name} <${commit.by.email}> ${Math.floor(Date.now() / 1000)} +0000`
  const message = Buffer.from(commit.message)
  const head = [
    `commit refs/heads/${commit.branch}`,
    'mark :1',
    `author ${who}`,
    `committer ${who}`,
    `data ${message.length}`,
    '',
  ].join('\n')
  const script = Buffer.concat([
    Buffer.from(head),
    message,
    Buffer.from(commit.parent ? `\nfrom ${commit.parent}\n` : '\n'),
    ...Object.entries(commit.files).map(([path, change]) => fileCommand(path, change)),
    Buffer.from('\nget-mark :1\n'),
  ])
  return (await git(folder, ['fast-import', '--quiet', '--force'], { input: script })).trim()
}
