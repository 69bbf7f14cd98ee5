import type { ApiRequest, ApiResponse, Connection } from '../../../src/adapters/kubernetes/connection.ts'
import { DrydockError } from '../../../src/core/model/errors.ts'

/** How an API server fails. `lost`: it does what is asked and the answer gets lost; `cut`: it doesn't. */
export const failures = ['busy', 'down', 'lost', 'cut', 'refused', 'dark'] as const

/** The next `count` writes after `skip` of them fail; with `dark` every request, reads too. */
export type Fault = { readonly how: (typeof failures)[number]; skip: number; count: number }

const answers: Partial<Record<Fault['how'], ApiResponse>> = {
  busy: answer(429, 'TooManyRequests', 'too many requests, please try again later'),
  down: answer(503, 'ServiceUnavailable', 'the server is currently unable to handle the request'),
  refused: answer(403, 'Forbidden', 'admission webhook "guard.example" denied the request: not today'),
}

function answer(code: number, reason: string, message: string): ApiResponse {
  return { status: code, body: { kind: 'Status', status: 'Failure', code, reason, message }, warnings: [] }
}

/** A connection on which the fault of the moment happens. */
export function withFaults(connection: Connection, fault: () => Fault | undefined): Connection {
  const send = async (request: ApiRequest): Promise<ApiResponse> => {
    const now = fault()
    const isWrite = request.method !== 'GET' && request.query?.dryRun === undefined
    if (!now || now.count === 0 || (!isWrite && now.how !== 'dark')) return connection.send(request)
    if (now.skip > 0) {
      now.skip -= 1
      return connection.send(request)
    }
    now.count -= 1
    const said = answers[now.how]
    if (said) return said
    if (now.how === 'lost') await connection.send(request)
    throw new DrydockError('cluster-unreachable', 'The API server could not be reached: ECONNRESET.')
  }
  return { ...connection, send }
}
