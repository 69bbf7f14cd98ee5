import type { App } from '../../../src/core/model/app.ts'
import { fieldManager, partOfLabel } from '../../../src/core/model/inventory.ts'
import type { KubeObject, LiveObject } from '../../../src/core/model/object.ts'
import { desiredObject } from '../../../src/core/plan/desired.ts'
import type { AppFacts, ObjectFacts } from '../../../src/core/plan/facts.ts'
import { directivesOf } from '../../../src/core/sync/directives.ts'

export const inventoryId = 'applyset-test-v1'

export function appOf(more: Partial<App> = {}, sync: Partial<App['sync']> = {}): App {
  return {
    name: 'shop',
    path: 'apps/shop',
    cluster: 'default',
    render: 'auto',
    ignore: [],
    sensitive: [],
    managers: [],
    adopt: false,
    preview: false,
    dependsOn: [],
    health: [],
    ...more,
    sync: {
      auto: true,
      prune: true,
      selfHeal: false,
      timeoutMs: 1000,
      retry: { limit: 0, backoffMs: 1 },
      onFailure: 'hold',
      maxPrune: 10,
      ...sync,
    },
  }
}

export function factsOf(more: Partial<AppFacts> = {}): AppFacts {
  return {
    app: appOf(),
    clusterUID: 'uid',
    inventory: { id: inventoryId, repository: 'acme/shop', app: 'shop', revision: 'a1b2c3d', objects: [] },
    digest: 'sha256:1',
    objects: [],
    leftovers: [],
    oldLeftovers: 'change',
    notes: [],
    ...more,
  }
}

export function configMap(data: Record<string, string>, meta: object = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', namespace: 'shop', ...meta }, data }
}

/** As the server stores it, labelled and written by us unless told otherwise. */
export function liveOf(object: KubeObject, meta: object = {}): LiveObject {
  const labelled = desiredObject(object, inventoryId)
  return {
    ...labelled,
    metadata: {
      ...labelled.metadata,
      uid: 'uid-1',
      resourceVersion: '7',
      managedFields: [{ manager: fieldManager, operation: 'Apply', fieldsV1: {} }],
      ...meta,
    },
  }
}

export const unlabelled = { labels: {} }
export const foreign = { labels: { [partOfLabel]: 'applyset-other-v1' } }

/** Facts of an object of which the server says that it will look like `predicted`. */
export function objectOf(
  object: KubeObject,
  live: LiveObject | undefined,
  more: Partial<ObjectFacts> & { predicted?: KubeObject } = {},
): ObjectFacts {
  const { predicted = object, ...rest } = more
  return {
    manifest: { object, source: { path: 'apps/shop/web.yaml', line: 3 } },
    directives: directivesOf(object, { argoHooks: false, install: false }),
    desired: desiredObject(object, inventoryId),
    touched: true,
    answer: { by: 'server', predicted: liveOf(predicted), warnings: [] },
    ...(live ? { live } : {}),
    ...rest,
  }
}
