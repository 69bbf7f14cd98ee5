import type { KubeObject } from './object.ts'

/** Where something stands in the repository. */
export type SourcePosition = {
  /** Path from the root of the repository, with `/`. */
  readonly path: string
  /** Line, from 1. */
  readonly line: number
}

/** One rendered object with the place that it came from. Diff, policy, digest and the API call use this same object. */
export type Manifest = {
  readonly object: KubeObject
  readonly source: SourcePosition
  /** The place of a field (keys and indices), or of what holds it; `source` where that can't be told. */
  readonly locate?: (field: readonly (string | number)[]) => SourcePosition
}
