import type { IncomingMessage } from 'node:http'

/** GitHub caps payloads at 25 MB ("Webhook events and payloads"); in bytes. */
export const bodyLimit = 25 * 1024 * 1024

/** Bytes that all requests together may hold before they are verified. */
const heldLimit = 8 * bodyLimit

/** A body that was not read; `status` is what to answer, `undefined` when nobody is listening any more. */
export type BodyRefusal = { readonly status: 400 | 413 | 503 | undefined; readonly reason: string }

const refuse = (status: BodyRefusal['status'], reason: string): BodyRefusal => ({ status, reason })

/** Reads request bodies within a limit for each and one for all: nothing of them is verified yet. */
export function createBodyReader(
  limit: number = bodyLimit,
): (request: IncomingMessage) => Promise<string | BodyRefusal> {
  let held = 0
  return async (request) => {
    const tooLarge = refuse(413, `the body is larger than ${limit} bytes`)
    if (Number(request.headers['content-length'] ?? 0) > limit) return tooLarge
    const chunks: Buffer[] = []
    let size = 0
    try {
      // `for await` would destroy the request, and with it the connection that the answer goes through.
      return await new Promise<string | BodyRefusal>((resolve) => {
        request.on('data', (chunk: Buffer) => {
          size += chunk.length
          held += chunk.length
          if (size > limit) resolve(tooLarge)
          else if (held > heldLimit) resolve(refuse(503, 'too many large bodies at once'))
          else chunks.push(chunk)
        })
        request.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve(/^\s*\{/.test(text) ? text : refuse(400, 'the body is not a JSON object'))
        })
        request.on('close', () => resolve(refuse(undefined, 'the sender went away')))
        request.on('error', () => resolve(refuse(undefined, 'the sender went away')))
      })
    } finally {
      held -= size
      request.removeAllListeners('data')
    }
  }
}
