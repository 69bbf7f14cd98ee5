/** What the API server (or a CustomResourceDefinition of the same commit) says of one kind. */
export type KindInfo = {
  readonly apiVersion: string
  readonly kind: string
  /** Plural name in URLs. */
  readonly resource: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
}

/** The kinds that a cluster serves. */
export type Kinds = {
  readonly find: (apiVersion: string, kind: string) => KindInfo | undefined
  readonly all: readonly KindInfo[]
  /** Groups whose discovery failed (an aggregated API that is down): their kinds are unknown, not absent. */
  readonly unavailable: readonly string[]
}
