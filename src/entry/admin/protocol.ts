import { join } from 'node:path'
import type { Problem } from '../../core/model/errors.ts'
import type { Json, JsonObject } from '../../core/model/object.ts'

/** The socket on which a server with this data folder is asked. Whoever may open it may ask for everything. */
export function socketIn(dataDir: string): string {
  return join(dataDir, 'admin.sock')
}

/** What is asked: the body of `POST /<operation>`. */
export type AdminRequest = {
  /** Name of the operator on this machine. */
  readonly by: string
  readonly input: JsonObject
}

/** What is answered, with status 200, 400 (a problem) or 404 (no such operation). */
export type AdminAnswer = { readonly result: Json } | { readonly problems: readonly Problem[] }
