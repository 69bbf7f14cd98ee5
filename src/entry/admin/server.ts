import { chmod, mkdtemp, rename, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { join } from 'node:path'
import { DrydockError, problemsOf } from '../../core/model/errors.ts'
import { parseJson, stringifyJson } from '../../core/model/json.ts'
import { isObject } from '../../core/model/object.ts'
import type { AdminOperations } from '../../flows/operate/admin.ts'
import type { Log } from '../../flows/ports.ts'
import { type AdminAnswer, type AdminRequest, socketIn } from './protocol.ts'

/** More than any operation needs, in bytes. */
const maxBytes = 1024 * 1024

/** A socket's path may have 103 bytes on macOS and 107 on Linux; the folder in which it is made adds some. */
const maxPathBytes = 103 - '/.admin-XXXXXX/s'.length + '/admin.sock'.length

/** The open socket of a server. */
export type AdminServer = { readonly close: () => Promise<void> }

/**
 * Answers operators of this machine on a Unix socket in the data folder, which only the owner of the process (and root)
 * may open. A socket that a killed server left behind is replaced. Where the path is too long for a socket, that is
 * logged, and there is none.
 */
export async function startAdmin(options: {
  readonly dataDir: string
  readonly operations: AdminOperations
  readonly log: Log
}): Promise<AdminServer> {
  const { dataDir, operations, log } = options
  const path = socketIn(dataDir)
  if (Buffer.byteLength(path) > maxPathBytes) {
    log.warn(
      'The path of DATA_DIR is too long for a socket: no `drydock freeze`, `history` and `audit` while this server runs',
      {
        path,
      },
    )
    return { close: async () => undefined }
  }
  const server = createServer((request, response) => {
    void answerTo(operations, log, request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(stringifyJson(body))
    })
  })
  await listenAt(server, dataDir, path)
  return {
    close: async () => {
      await rm(path, { force: true })
      const closed = new Promise((done) => server.close(done))
      server.closeIdleConnections()
      await closed
    },
  }
}

/** Made in a folder that nobody else may enter and moved when it has its rights: it is never open to others. */
async function listenAt(server: Server, dataDir: string, path: string): Promise<void> {
  const folder = await mkdtemp(join(dataDir, '.admin-'))
  try {
    const draft = join(folder, 's')
    await new Promise<void>((done, failed) => {
      server.once('error', failed)
      server.listen(draft, done)
    })
    await chmod(draft, 0o600)
    await rename(draft, path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function answerTo(
  operations: AdminOperations,
  log: Log,
  request: IncomingMessage,
): Promise<{ readonly status: number; readonly body: AdminAnswer }> {
  const name = (request.url ?? '').slice(1)
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
  try {
    if (request.method !== 'POST' || !operation) {
      throw new DrydockError('usage', 'The server that runs does not know this command.', {
        hint: 'It may be of another version than this program: update one of them.',
      })
    }
    const { by, input } = await read(request)
    return { status: 200, body: { result: await operation(input, by) } }
  } catch (thrown) {
    log.warn('an operation of an operator failed', { operation: name, err: thrown })
    return { status: operation ? 400 : 404, body: { problems: problemsOf(thrown) } }
  }
}

async function read(request: IncomingMessage): Promise<AdminRequest> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk as string
    if (text.length > maxBytes) throw new DrydockError('usage', 'The request is too large.')
  }
  const body = parseJson(text)
  if (!isObject(body) || typeof body.by !== 'string' || !isObject(body.input)) {
    throw new DrydockError('usage', 'The request is not one of Drydock.')
  }
  return { by: body.by, input: body.input }
}
