import { createHash } from 'node:crypto'
import { DrydockError } from '../../core/model/errors.ts'
import {
  applySetId,
  fieldManager,
  homeNamespace,
  type Inventory,
  type Marks,
  parentName,
} from '../../core/model/inventory.ts'
import { at, isObject, type Json, type JsonObject } from '../../core/model/object.ts'
import type { ApiResponse, Connection } from './connection.ts'
import { brokenParent, fromParent, isParentOf, marksOf, toParent } from './inventory.ts'
import { markAnnotations, toAnnotations } from './marks.ts'
import { refusalOf } from './refusal.ts'

/** How often a write is tried when others write to the same parent. */
const maxAttempts = 5

/** Parents whose contents are remembered, to tell a change of marks from one of the inventory. */
const maxRemembered = 2000

const collection = `/api/v1/namespaces/${homeNamespace}/configmaps`

/** The parent objects of apps on one cluster. */
export type Parents = {
  /** The inventory of an app; empty when it has no parent. */
  readonly read: (repository: string, app: string) => Promise<Inventory>
  /**
   * Writes an inventory over the one that was read. Marks that were set meanwhile stay. Throws `busy` when another sync
   * wrote meanwhile.
   */
  readonly save: (inventory: Inventory) => Promise<Inventory>
  /** Changes the marks of an app as they are now, and nothing else of its parent. Safe among many that do so at once. */
  readonly saveMarks: (repository: string, app: string, change: (marks: Marks) => Marks) => Promise<void>
}

/** The parents of a cluster. Throws `cluster-refused` and the like, and `store-failed` for one that somebody broke. */
export function parentsOn(connection: Connection): Parents {
  const contents = new Map<string, string>()
  const remember = (inventory: Inventory): Inventory => {
    contents.set(versionOf(inventory), contentsOf(inventory))
    const [oldest] = contents.keys()
    if (contents.size > maxRemembered && oldest !== undefined) contents.delete(oldest)
    return inventory
  }

  const get = async (repository: string, app: string): Promise<JsonObject | undefined> => {
    const name = parentName(repository, app)
    const answer = await connection.send({ method: 'GET', path: `${collection}/${name}` })
    if (answer.status === 404) return undefined
    if (answer.status !== 200 || !isObject(answer.body)) throw refusalOf(answer, referenceTo(name))
    return answer.body
  }

  const read = async (repository: string, app: string): Promise<Inventory> => {
    const parent = await get(repository, app)
    return remember(parent ? fromParent(parent, repository, app) : emptyOf(repository, app))
  }

  const put = async (name: string, version: string | undefined, body: Json): Promise<ApiResponse> => {
    if (version === undefined) await makeHome(connection)
    return connection.send({
      method: version === undefined ? 'POST' : 'PUT',
      path: version === undefined ? collection : `${collection}/${name}`,
      query: { fieldManager },
      body,
    })
  }

  const save = async (inventory: Inventory): Promise<Inventory> => {
    const { repository, app } = inventory
    const before = contents.get(versionOf(inventory))
    let wanted = inventory
    for (let attempt = 1; ; attempt++) {
      const parent = toParent(wanted)
      const answer = await put(parent.metadata.name, wanted.resourceVersion, parent)
      if (answer.status < 400) return remember(fromParent(answer.body as JsonObject, repository, app))
      if (answer.status !== 409) throw refusalOf(answer, referenceTo(parent.metadata.name))
      // A lock or freeze may be set at any time: that is no other sync.
      const now = await read(repository, app)
      if (attempt === maxAttempts || contentsOf(now) !== before) throw changedMeanwhile(app)
      wanted = withMarksOf(inventory, now)
    }
  }

  const saveMarks: Parents['saveMarks'] = async (repository, app, change) => {
    const name = parentName(repository, app)
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const parent = await get(repository, app)
      if (parent && !isParentOf(parent, repository, app)) throw brokenParent(repository, app)
      const before = (parent && marksOf(parent, repository, app)) ?? {}
      const marks = change(before)
      if (JSON.stringify(toAnnotations(marks)) === JSON.stringify(toAnnotations(before))) return
      const wanted = parent ? marked(parent, marks) : toParent({ ...emptyOf(repository, app), marks })
      const version = parent && String(at(parent, 'metadata', 'resourceVersion'))
      const answer = await put(name, version, wanted)
      if (answer.status < 400) return
      // Written, made or deleted by somebody else: read again.
      if (answer.status !== 409 && !(parent && answer.status === 404)) throw refusalOf(answer, referenceTo(name))
    }
    throw new DrydockError(
      'busy',
      `The inventory of ${app} is being changed all the time; what holds it was not saved.`,
      {
        hint: 'Try again.',
      },
    )
  }

  return { read, save, saveMarks }
}

/** The namespace of the parents; there already, but for the first one. */
async function makeHome(connection: Connection): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: homeNamespace } }
  const answer = await connection.send({
    method: 'PATCH',
    path: `/api/v1/namespaces/${homeNamespace}`,
    query: { fieldManager, force: 'true', fieldValidation: 'Strict' },
    contentType: 'application/apply-patch+yaml',
    body,
  })
  if (answer.status >= 400) throw refusalOf(answer, { apiVersion: 'v1', kind: 'Namespace', name: homeNamespace })
}

/** A live parent with these marks and everything else as it is. */
function marked(parent: JsonObject, marks: Marks): JsonObject {
  const metadata = at(parent, 'metadata') as JsonObject
  const kept = Object.entries((metadata.annotations ?? {}) as JsonObject).filter(
    ([key]) => !markAnnotations.includes(key),
  )
  return { ...parent, metadata: { ...metadata, annotations: { ...Object.fromEntries(kept), ...toAnnotations(marks) } } }
}

/** Marks count as they are now; those of a name that is adopted by this very write are known to nobody else yet. */
function withMarksOf({ marks: had, resourceVersion: _old, ...inventory }: Inventory, now: Inventory): Inventory {
  const adopts = inventory.formerly?.some((name) => !now.formerly?.includes(name))
  const marks = adopts ? { ...had, ...now.marks } : now.marks
  const { resourceVersion } = now
  return { ...inventory, ...(marks ? { marks } : {}), ...(resourceVersion ? { resourceVersion } : {}) }
}

function emptyOf(repository: string, app: string): Inventory {
  return { id: applySetId(repository, app), repository, app, objects: [] }
}

function versionOf({ id, resourceVersion }: Inventory): string {
  return `${id} ${resourceVersion ?? ''}`
}

/** A hash of all but the marks. */
function contentsOf({ marks: _, resourceVersion: _version, ...inventory }: Inventory): string {
  return createHash('sha256')
    .update(JSON.stringify(toParent(inventory)))
    .digest('base64')
}

function referenceTo(name: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace: homeNamespace, name }
}

function changedMeanwhile(app: string): DrydockError {
  return new DrydockError('busy', `The inventory of ${app} was changed by another sync meanwhile.`, {
    hint: 'Nothing was pruned. Sync again when the other one has ended.',
  })
}
