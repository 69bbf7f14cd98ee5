/** Whether an object does its work. `unknown` is never shown as healthy. */
export type HealthStatus = 'healthy' | 'progressing' | 'degraded' | 'unknown'

/** Health of one object. */
export type Health = {
  readonly status: HealthStatus
  /** Why, as a person would say it: `2 of 3 ready`, `CrashLoopBackOff`. */
  readonly message?: string
}
