import type { KindInfo } from '../../core/model/kinds.ts'

/** URL path of a kind's collection, or of one object in it. Every part is escaped: names come from manifests. */
export function pathOf(kind: KindInfo, namespace?: string, name?: string): string {
  const root = kind.apiVersion.includes('/') ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`
  const scope = kind.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${root}${scope}/${kind.resource}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`
}
