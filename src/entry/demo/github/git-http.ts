import { spawn } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createGunzip } from 'node:zlib'
import { may } from './auth.ts'
import { gitEnvironment, references } from './git.ts'
import { GitHubError, notFound } from './github-error.ts'
import type { Repository } from './model.ts'
import type { Auth } from './router.ts'
import { exclusively, findRepository, type World } from './world.ts'

const PATH = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/

/** Is this a request of a git client? */
export function isGitPath(path: string): boolean {
  return PATH.test(path)
}

/** A reference that a push moved. `undefined`: it wasn't there before, or isn't any more. */
export type MovedReference = {
  readonly ref: string
  readonly before: string | undefined
  readonly after: string | undefined
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  repository: Repository,
  service: string,
  advertise: boolean,
): Promise<void> {
  const protocol = request.headers['git-protocol']
  const version = typeof protocol === 'string' && /^version=[0-2]$/.test(protocol) ? protocol : undefined
  const kind = advertise ? 'advertisement' : 'result'
  response.writeHead(200, {
    'content-type': `application/x-${service}-${kind}`,
    'cache-control': 'no-cache',
  })
  // Protocol 2 has no such line, as git-http-backend does it.
  if (advertise && !(version === 'version=2' && service === 'git-upload-pack')) {
    const line = `# service=${service}\n`
    response.write(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`)
  }
  const options = ['--stateless-rpc', ...(advertise ? ['--advertise-refs'] : [])]
  const env = { ...gitEnvironment(repository.folder), ...(version ? { GIT_PROTOCOL: version } : {}) }
  const child = spawn('git', [service.replace('git-', ''), ...options, repository.folder], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request
  child.stdin.on('error', () => undefined)
  response.on('close', () => child.kill())
  if (advertise) child.stdin.end()
  else body.pipe(child.stdin)
  child.stdout.pipe(response)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    response.on('close', resolve)
  })
}

/**
 * Serves clone, fetch and push (smart HTTP) for a token that may. `pushed` is told what a push moved, before the next
 * writer of the repository begins.
 */
export async function serveGit(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  auth: Auth,
  pushed: (repository: Repository, moved: readonly MovedReference[]) => Promise<void>,
): Promise<void> {
  const [, owner = '', name = '', end = ''] = PATH.exec(url.pathname) ?? []
  const repository = findRepository(world, decodeURIComponent(owner), decodeURIComponent(name))
  const service = end === 'info/refs' ? (url.searchParams.get('service') ?? '') : end
  if (auth.kind === 'anonymous' && (!repository || repository.private || service === 'git-receive-pack')) {
    throw new GitHubError(401, 'Authentication required')
  }
  if (!repository || !may(auth, repository, 'contents', 'read')) {
    if (!repository || repository.private || auth.kind !== 'anonymous') throw notFound()
  }
  if (service === 'git-upload-pack') return serve(request, response, repository, service, end === 'info/refs')
  if (service !== 'git-receive-pack') throw new GitHubError(403, 'Please upgrade your git client.')
  if (!may(auth, repository, 'contents', 'write')) {
    throw new GitHubError(403, 'Permission to push was denied to the App.')
  }
  if (end === 'info/refs') return serve(request, response, repository, service, true)
  return exclusively(repository, async () => {
    const before = await references(repository.folder)
    await serve(request, response, repository, service, false)
    const after = await references(repository.folder)
    const moved = [...new Set([...before.keys(), ...after.keys()])]
      .filter((ref) => before.get(ref) !== after.get(ref))
      .map((ref) => ({ ref, before: before.get(ref), after: after.get(ref) }))
    await pushed(repository, moved)
  })
}
