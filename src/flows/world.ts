import type { Clock, Clusters, Log, Renderer, Scratch } from './ports.ts'
import type { RenderCache } from './render/render-cache.ts'

/** What planning and syncing need of the world; no GitHub, no database. */
export type Workshop = {
  readonly renderer: Renderer
  readonly scratch: Scratch
  readonly renders: RenderCache
  readonly clusters: Clusters
  readonly clock: Clock
  readonly log: Log
}
