import type { Manifest } from '../../core/model/manifest.ts'

/** What was rendered from exactly these inputs before. */
export type RenderCache = {
  /** Takes what is there, else makes it; two at the same time make it once. A failure is not kept. */
  readonly get: (key: string, make: () => Promise<CachedRender>) => Promise<readonly Manifest[]>
}

/** One render with its size. */
export type CachedRender = { readonly manifests: readonly Manifest[]; readonly bytes: number }

/**
 * Renders by their inputs: a merge is rendered from the same files as its plan was. Keeps the newest `maxBytes` of YAML
 * (default 32 MiB; as objects about five times that), the least recently used goes first.
 */
export function createRenderCache(maxBytes = 32 * 1024 * 1024): RenderCache {
  const kept = new Map<string, Promise<CachedRender>>()
  const sizes = new Map<string, number>()
  const shrink = (): void => {
    let total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0)
    for (const [key, bytes] of sizes) {
      if (total <= maxBytes) return
      total -= bytes
      sizes.delete(key)
      kept.delete(key)
    }
  }
  return {
    get: async (key, make) => {
      const known = kept.get(key)
      const render = known ?? make()
      // To the end of the map: this is the newest now.
      kept.delete(key)
      kept.set(key, render)
      try {
        const { manifests, bytes } = await render
        sizes.delete(key)
        if (kept.get(key) === render) sizes.set(key, bytes)
        shrink()
        return manifests
      } catch (thrown) {
        if (kept.get(key) === render) kept.delete(key)
        // Another caller's failure may be that caller's own: it was told to stop.
        if (known) return (await make()).manifests
        throw thrown
      }
    },
  }
}
