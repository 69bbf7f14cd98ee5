import { DrydockError } from './errors.ts'

/** Why an API server said no, as far as a program needs to know. */
export type RefusalKind =
  | 'immutable'
  | 'namespace-missing'
  | 'kind-missing'
  | 'conflict'
  | 'forbidden'
  | 'invalid'
  /** May heal by itself: too many requests, a server or webhook that is down. */
  | 'transient'

/** A refusal by the API server. Its message holds no secret value. */
export class ClusterRefusal extends DrydockError {
  readonly kind: RefusalKind
  /** HTTP status; a kind can't be told from it alone. */
  readonly status: number

  constructor(kind: RefusalKind, status: number, message: string, hint?: string) {
    super('cluster-refused', message, { hint })
    this.kind = kind
    this.status = status
  }
}
