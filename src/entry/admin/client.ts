import { request } from 'node:http'
import { DrydockError, DrydockErrors } from '../../core/model/errors.ts'
import { parseJson, stringifyJson } from '../../core/model/json.ts'
import type { Json } from '../../core/model/object.ts'
import { type AdminAnswer, type AdminRequest, socketIn } from './protocol.ts'

/**
 * Asks the server that runs with this data folder. `undefined`: none runs there. Throws what the operation threw, and
 * `store-failed` when the server ends without an answer, or may not be asked by this user.
 */
export async function askServer(
  dataDir: string,
  operation: string,
  body: AdminRequest,
): Promise<{ readonly result: Json } | undefined> {
  const path = socketIn(dataDir)
  const text = await send(path, operation, body)
  if (text === undefined) return undefined
  const answer = parsed(text)
  if (answer && 'result' in answer) return answer
  if (answer) throw new DrydockErrors(answer.problems)
  throw unanswered(path)
}

/** The text of the answer; `undefined`: nobody listens. */
function send(path: string, operation: string, body: AdminRequest): Promise<string | undefined> {
  return new Promise((done, failed) => {
    const sent = request({ socketPath: path, method: 'POST', path: `/${operation}`, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => done(Buffer.concat(chunks).toString('utf8')))
      response.on('error', () => failed(unanswered(path)))
    })
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // Refused: the socket of a server that was killed.
      if (['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'EINVAL', 'ENOTDIR'].includes(error.code ?? '')) done(undefined)
      else failed(error.code === 'EACCES' ? notAllowed(path) : unanswered(path))
    })
    sent.end(stringifyJson(body))
  })
}

function parsed(text: string): AdminAnswer | undefined {
  try {
    return parseJson(text) as AdminAnswer
  } catch {
    return undefined
  }
}

function notAllowed(path: string): DrydockError {
  return new DrydockError('usage', `You may not ask the server that listens at ${path}.`, {
    hint: 'Run this command as the user that the server runs as, or as root.',
  })
}

function unanswered(path: string): DrydockError {
  return new DrydockError('store-failed', `The server that listens at ${path} ended without an answer.`, {
    hint: 'It is unknown whether this was done: run the command again.',
  })
}
