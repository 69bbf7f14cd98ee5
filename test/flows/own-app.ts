import type { App } from '../../src/core/model/app.ts'
import type { LiveObject } from '../../src/core/model/object.ts'
import type { ControlPlane } from '../adapters/kubernetes/control-plane.ts'
import { beginJournal } from './journal.ts'
import { type History, shopIn } from './support.ts'

/** An app in a namespace of its own, with the journal of that. */
export async function ownApp(
  plane: ControlPlane,
  history: History,
  sync: Partial<App['sync']> = {},
  app: Partial<App> = {},
) {
  const { namespace, lines } = await beginJournal(plane)
  const shop = shopIn(plane, history, { namespace, ...app }, { timeoutMs: 15_000, ...sync })
  const get = (kind: string, name: string, apiVersion = 'v1'): Promise<LiveObject | undefined> =>
    shop.cluster.get({ apiVersion, kind, namespace, name })
  return {
    ...shop,
    namespace,
    lines,
    get,
    jobOf: (name: string) => get('Job', name, 'batch/v1'),
    inventory: () => shop.cluster.inventory(shop.repository, 'shop'),
    /** A merge patch of a ConfigMap by another field manager, as somebody's edit. */
    edit: (name: string, patch: object, fieldManager = 'kubectl-edit') =>
      plane.raw('PATCH', `/api/v1/namespaces/${namespace}/configmaps/${name}`, patch, {
        contentType: 'application/merge-patch+json',
        query: { fieldManager },
      }),
  }
}
