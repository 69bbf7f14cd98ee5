import type { SourcePosition } from './manifest.ts'
import type { JsonObject } from './object.ts'

/** Which renderer turns an app's path into objects. */
export type RenderKind = 'plain' | 'kustomize' | 'helm'

/** Settings of Helm for one app. */
export type HelmSettings = {
  /** Default: the app's name. */
  readonly releaseName?: string
  /** Paths relative to the app's path; must stay inside the repository. */
  readonly valueFiles?: readonly string[]
  readonly values?: JsonObject
}

/** Fields of some objects: ignored ones are left as they are live, sensitive ones are never shown. */
export type FieldRule = {
  readonly group?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly jsonPointers: readonly string[]
}

/** How an app is synced. */
export type SyncSettings = {
  /** On merge; `false`: a merge waits for `/sync`. */
  readonly auto: boolean
  readonly prune: boolean | 'confirm'
  readonly selfHeal: boolean
  /** For health, in ms. */
  readonly timeoutMs: number
  readonly retry: { readonly limit: number; readonly backoffMs: number }
  readonly onFailure: 'hold' | 'rollback'
  /** More deletions than this need an approval. */
  readonly maxPrune: number
}

/** Health of a kind, as CEL expressions on `object`. */
export type HealthExpression = {
  readonly group: string
  readonly kind: string
  readonly healthy: string
  readonly degraded?: string
}

/** A time in which syncs are allowed or held. */
export type SyncWindow = {
  readonly kind: 'allow' | 'deny'
  /** Five cron fields. */
  readonly schedule: string
  /** In ms. */
  readonly duration: number
  /** IANA name. */
  readonly timeZone: string
  /** Globs of the apps that it is for. */
  readonly apps: readonly string[]
}

/** Who may use a command: a permission on the repository, or a list of `@person` and `@organization/team`. */
export type Who = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin' | readonly string[]

/** Who may use which command; `lock` is for `/unlock` too. What is absent goes by what is said elsewhere. */
export type CommandRules = {
  readonly [name in 'plan' | 'sync' | 'rollback' | 'approve' | 'lock']?: Who | undefined
}

/** An application: a set of manifests, rendered from one path of a repository, that lives on one cluster. */
export type App = {
  /** Unique in the repository; an RFC 1123 label. */
  readonly name: string
  /** Path from the repository's root, without `./` and trailing `/`; `.` is the root. */
  readonly path: string
  /** Name of the cluster in the server's configuration. */
  readonly cluster: string
  /** For namespaced objects that name none. */
  readonly namespace?: string
  readonly render: 'auto' | RenderKind
  readonly helm?: HelmSettings
  readonly sync: SyncSettings
  /** Fields that others own: left as they are live, never shown as a change. */
  readonly ignore: readonly FieldRule[]
  /** Fields whose values are never shown, beside those of Secrets. */
  readonly sensitive: readonly FieldRule[]
  /** Field managers (globs) beside `kubectl*` and `before-first-apply` whose added fields are drift. */
  readonly managers: readonly string[]
  /** Take over objects that another tool owns. */
  readonly adopt: boolean
  /** `/sync` on an open pull request applies its head, until it is closed. */
  readonly preview: boolean
  /** Apps of the same file that must be synced and healthy before this one is. */
  readonly dependsOn: readonly string[]
  /** Who may use which command on this app; it wins over what is said for the whole repository. */
  readonly commands?: CommandRules
  /** CEL rules of the health of kinds; they win over what Drydock knows. */
  readonly health: readonly HealthExpression[]
  /** Where the app is configured; absent for an app that was discovered. */
  readonly source?: SourcePosition
}

/** The validated configuration of a repository. */
export type RepositoryConfig = {
  readonly apps: readonly App[]
  /** `true`: no file was found and the apps were discovered; they are planned, never applied. */
  readonly discovered: boolean
  /** Path of the file that was read. */
  readonly path?: string
}
