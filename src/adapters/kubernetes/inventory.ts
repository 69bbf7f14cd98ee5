import { DrydockError } from '../../core/model/errors.ts'
import {
  applySetId,
  fieldManager,
  homeNamespace,
  type Inventory,
  type InventoryEntry,
  type Marks,
  parentName,
} from '../../core/model/inventory.ts'
import { parseJson, stringifyJson } from '../../core/model/json.ts'
import { at, isArray, isObject, type JsonObject, type KubeObject, textAt } from '../../core/model/object.ts'
import { groupOf } from '../../core/model/reference.ts'
import { fromAnnotations, toAnnotations } from './marks.ts'

/** Version of the `tooling` annotation; other tools must not touch a set of ours (KEP-3659). */
const tooling = 'drydock/v0.1.0'

/** The parent object as JSON. Members are grouped by kind and namespace: 10,000 fit into a ConfigMap's 1 MiB. */
export function toParent(inventory: Inventory): KubeObject {
  const kinds = new Set(
    inventory.objects.map((each) => [each.kind, groupOf(each.apiVersion)].filter(Boolean).join('.')),
  )
  const namespaces = new Set(inventory.objects.flatMap((each) => each.namespace ?? []))
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: parentName(inventory.repository, inventory.app),
      namespace: homeNamespace,
      labels: { 'applyset.kubernetes.io/id': inventory.id, 'app.kubernetes.io/managed-by': fieldManager },
      annotations: {
        'applyset.kubernetes.io/tooling': tooling,
        'applyset.kubernetes.io/contains-group-kinds': [...kinds].sort().join(','),
        'applyset.kubernetes.io/additional-namespaces': [...namespaces].sort().join(','),
        'drydock.dev/repository': inventory.repository,
        'drydock.dev/app': inventory.app,
        ...(inventory.path ? { 'drydock.dev/path': inventory.path } : {}),
        ...(inventory.formerly?.length ? { 'drydock.dev/formerly': inventory.formerly.join(',') } : {}),
        ...(inventory.revision ? { 'drydock.dev/revision': inventory.revision } : {}),
        ...(inventory.digest ? { 'drydock.dev/digest': inventory.digest } : {}),
        ...toAnnotations(inventory.marks),
      },
      ...(inventory.resourceVersion ? { resourceVersion: inventory.resourceVersion } : {}),
    },
    data: {
      objects: writeEntries(inventory.objects),
      ...(inventory.unfinished?.length ? { unfinished: writeEntries(inventory.unfinished) } : {}),
    },
  }
}

function writeEntries(entries: readonly InventoryEntry[]): string {
  const groups = new Map<string, string[]>()
  for (const entry of entries) {
    const key = [entry.apiVersion, entry.kind, entry.namespace ?? ''].join(' ')
    const list = groups.get(key) ?? []
    groups.set(key, list)
    list.push(entry.uid ? `${entry.name} ${entry.uid}` : entry.name)
  }
  return stringifyJson(Object.fromEntries([...groups].map(([key, list]) => [key, list.sort()])), 1)
}

/** Is an object the parent of this app, whatever else somebody wrote into it? */
export function isParentOf(parent: JsonObject, repository: string, app: string): boolean {
  const id = textAt(parent, 'metadata', 'labels', 'applyset.kubernetes.io/id')
  return id === applySetId(repository, app) && textAt(parent, 'metadata', 'annotations', 'drydock.dev/app') === app
}

/** The error for a parent object that is not what we wrote: `store-failed`. */
export function brokenParent(repository: string, app: string, cause?: unknown): DrydockError {
  return new DrydockError(
    'store-failed',
    `The ConfigMap ${homeNamespace}/${parentName(repository, app)} is not the inventory of ${app}.`,
    {
      cause,
      hint: 'Somebody changed it. Restore it from a backup; without it Drydock neither syncs nor prunes this app.',
    },
  )
}

/**
 * Reads a parent object. Throws `store-failed` when it isn't one of ours: nothing may be pruned by it then; also when one
 * of its marks can't be read: it may hold the app.
 */
export function fromParent(parent: JsonObject, repository: string, app: string): Inventory {
  const annotation = (key: string) => textAt(parent, 'metadata', 'annotations', key)
  const text = textAt(parent, 'data', 'objects')
  if (!isParentOf(parent, repository, app) || text === undefined) throw brokenParent(repository, app)
  const read = (entries: string) => {
    try {
      return readEntries(entries)
    } catch (cause) {
      throw brokenParent(repository, app, cause)
    }
  }
  const revision = annotation('drydock.dev/revision')
  const digest = annotation('drydock.dev/digest')
  const path = annotation('drydock.dev/path')
  const formerly = annotation('drydock.dev/formerly')
  const resourceVersion = textAt(parent, 'metadata', 'resourceVersion')
  const unfinished = textAt(parent, 'data', 'unfinished')
  const marks = marksOf(parent, repository, app)
  return {
    id: applySetId(repository, app),
    repository,
    app,
    objects: read(text),
    ...(unfinished === undefined ? {} : { unfinished: read(unfinished) }),
    ...(revision ? { revision } : {}),
    ...(digest ? { digest } : {}),
    ...(path ? { path } : {}),
    ...(formerly ? { formerly: formerly.split(',') } : {}),
    ...(marks ? { marks } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
  }
}

/** What holds an app, by its parent object. Throws `store-failed` when that can't be read: it may hold the app. */
export function marksOf(parent: JsonObject, repository: string, app: string): Marks | undefined {
  const annotations = at(parent, 'metadata', 'annotations')
  try {
    return fromAnnotations(isObject(annotations) ? annotations : {})
  } catch (cause) {
    const where = `ConfigMap ${homeNamespace}/${parentName(repository, app)}`
    throw new DrydockError('store-failed', `What holds ${app} can't be read: ${where}, ${(cause as Error).message}.`, {
      cause,
      hint: 'Somebody changed the annotation. Mend it there; deleting it ends what it held.',
    })
  }
}

function readEntries(text: string): readonly InventoryEntry[] {
  const groups = parseJson(text)
  if (!isObject(groups)) throw new SyntaxError('not an object')
  return Object.entries(groups).flatMap(([key, members]) => {
    const [apiVersion = '', kind = '', namespace = ''] = key.split(' ')
    if (!isArray(members)) return []
    return members
      .filter((member) => typeof member === 'string')
      .map((member) => {
        // Names of roles may hold spaces; a UID never does.
        const [, name = '', uid] = /^(.*?)(?: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))?$/.exec(member) ?? []
        return { apiVersion, kind, name, ...(namespace ? { namespace } : {}), ...(uid ? { uid } : {}) }
      })
  })
}
