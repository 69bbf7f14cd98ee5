import { DrydockError } from './errors.ts'

/** Why an API server said no, as far as a program needs to know. */
export type RefusalKind =
  | 'immutable'
  | 'namespace-missing'
  | 'kind-missing'
  | 'conflict'
  | 'forbidden'
  | 'invalid'
  /** An admission webhook that can't be asked without effects. */
  | 'no-dry-run'
  /** May heal by itself: too many requests, a server or webhook that is down. */
  | 'transient'

/** One mistake of a refused object, at its field. */
export type FieldFault = {
  readonly path: readonly (string | number)[]
  /** Without secret values. */
  readonly message: string
}

/** A refusal by the API server. Its message holds no secret value. */
export class ClusterRefusal extends DrydockError {
  readonly kind: RefusalKind
  /** HTTP status; a kind can't be told from it alone. */
  readonly status: number
  /** What is wrong at which field, as far as the server says. */
  readonly faults: readonly FieldFault[]
  /** How long the server asks to wait before the next try, in ms. */
  readonly retryAfterMs: number | undefined

  constructor(
    kind: RefusalKind,
    status: number,
    message: string,
    hint?: string,
    faults: readonly FieldFault[] = [],
    retryAfterMs?: number,
  ) {
    super('cluster-refused', message, { hint })
    this.kind = kind
    this.status = status
    this.faults = faults
    this.retryAfterMs = retryAfterMs
  }
}
