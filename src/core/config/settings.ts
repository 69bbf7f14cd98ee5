import type { z } from 'zod'
import type { App, RepositoryConfig, SyncWindow } from '../model/app.ts'
import type { SourcePosition } from '../model/manifest.ts'
import type { appSchema } from './app-schema.ts'
import type { repositorySchema } from './repository-schema.ts'

type RawApp = z.output<typeof appSchema>
type RawRepository = z.output<typeof repositorySchema>

/** An app with the settings that the model has no place for. */
export type AppSettings = App & {
  readonly createNamespace: boolean
}

/** A remark on a configuration that is valid: a setting without effect, a rule that matches nothing. */
export type ConfigNote = { readonly message: string; readonly source: SourcePosition }

/** The whole of a repository's configuration. `policies`, `require`, `commands`, … of the target branch count. */
export type RepositorySettings = RepositoryConfig & {
  readonly apps: readonly AppSettings[]
  readonly policies: readonly string[]
  readonly require: RawRepository['require']
  readonly commands: RawRepository['commands']
  readonly windows: readonly SyncWindow[]
  readonly exceptions: RawRepository['exceptions']
  /** To be shown to the user: a setting that is not acted on must not look as if it were. */
  readonly notes: readonly ConfigNote[]
}

/** An app of the model from a validated one. */
export function toApp(raw: RawApp, source: SourcePosition): AppSettings {
  const { helm, namespace, sync, ignore, sensitive, ...rest } = raw
  const { timeout, retry, ...syncRest } = sync
  // Keys without a value are left out: absent and undefined are one thing to JSON, two things to a comparison.
  const app = {
    ...rest,
    ...(namespace === undefined ? {} : { namespace }),
    ...(helm === undefined ? {} : { helm }),
    sync: { ...syncRest, timeoutMs: timeout, retry: { limit: retry.limit, backoffMs: retry.backoff } },
    ignore,
    sensitive,
    source,
  }
  return app as AppSettings
}
