import { isObject, type Json, type JsonObject, textAt } from '../../../core/model/object.ts'
import { withDefaults } from './defaults.ts'
import { apiVersionOf, type DemoKind, demoKinds, qualified } from './kinds.ts'
import { applyConfig, recordUpdate, unchanged } from './managers.ts'
import { kindShape } from './schema.ts'
import { misfits, withoutUnknown } from './schema-check.ts'
import { ApiError, type Cause, invalid } from './status.ts'
import { allocate, born, type ObjectStore, type Stored } from './store.ts'
import { validate } from './validation.ts'

/** A request for one object, or for the collection that a new one is sent to. */
export type Target = {
  readonly kind: DemoKind
  readonly namespace: string
  readonly name: string
  readonly subresource?: string
  readonly dryRun: boolean
  readonly force: boolean
  readonly fieldManager: string
  readonly fieldValidation: string
}

/** What is sent back. */
export type Answer = { readonly code: number; readonly body: JsonObject; readonly warnings: readonly string[] }

const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z')

/** 404 in the words of the API server. */
export function notFound(kind: DemoKind, name: string): ApiError {
  const group = kind.group ? { group: kind.group } : {}
  return new ApiError(404, 'NotFound', `${qualified(kind)} "${name}" not found`, {
    name,
    ...group,
    kind: kind.resource,
  })
}

/** The stored object; throws 404. */
export function found(store: ObjectStore, target: Target): Stored {
  const object = store.get(target.kind, target.namespace, target.name)
  if (!object) throw notFound(target.kind, target.name)
  return object
}

const namespaces = demoKinds.find((kind) => kind.kind === 'Namespace')

function requireNamespace(store: ObjectStore, target: Target): void {
  if (!target.kind.namespaced || !namespaces) return
  const namespace = store.get(namespaces, '', target.namespace)
  if (!namespace) throw notFound(namespaces, target.namespace)
  if (namespace.metadata.deletionTimestamp === undefined) return
  throw new ApiError(
    403,
    'Forbidden',
    `${qualified(target.kind)} "${target.name}" is forbidden: unable to create new content in namespace ${target.namespace} because it is being terminated`,
    {
      name: target.name,
      ...(target.kind.group ? { group: target.kind.group } : {}),
      kind: target.kind.resource,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${target.namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  )
}

/** The body as an object of the target's kind under the target's name; throws 400 when it's another one. */
function addressed(target: Target, body: Json): Stored {
  const { kind } = target
  const bad = (message: string): ApiError => new ApiError(400, 'BadRequest', message)
  if (!isObject(body)) throw bad('the body must be an object')
  if (textAt(body, 'kind') !== kind.kind || textAt(body, 'apiVersion') !== apiVersionOf(kind)) {
    throw bad(`invalid object type: ${textAt(body, 'apiVersion') ?? ''}, Kind=${textAt(body, 'kind') ?? ''}`)
  }
  const metadata = isObject(body.metadata) ? body.metadata : {}
  const name = textAt(metadata, 'name') ?? target.name
  if (target.name !== '' && name !== target.name) {
    throw bad(`the name of the object (${name}) does not match the name on the URL (${target.name})`)
  }
  const namespace = textAt(metadata, 'namespace') ?? target.namespace
  if (kind.namespaced && namespace !== target.namespace) {
    throw bad('the namespace of the provided object does not match the namespace sent on the request')
  }
  return { ...body, metadata: { ...metadata, name, ...(kind.namespaced ? { namespace } : {}) } }
}

/** Drops what the schema doesn't know and says so, or refuses it, as `fieldValidation` wants. */
function decoded(target: Target, body: Stored, refuse: (why: string) => ApiError): [Stored, readonly string[]] {
  const shape = kindShape(target.kind.kind)
  const all = misfits(shape, body)
  const wrong = all.find((each) => each.unknown === undefined && !each.message.includes('duplicate entries'))
  if (wrong) throw refuse(wrong.message)
  const texts = all.flatMap((each) => (each.unknown ? [`unknown field "${each.unknown}"`] : []))
  if (texts.length > 0 && target.fieldValidation === 'Strict') {
    throw refuse(`strict decoding error: ${texts.join(', ')}`)
  }
  const known = withoutUnknown(shape, body) as Stored
  return [known, target.fieldValidation === 'Ignore' ? [] : texts]
}

function checkVersion(target: Target, live: Stored, sent: JsonObject): void {
  const { kind, name } = target
  const version = textAt(sent, 'metadata', 'resourceVersion')
  if (version !== undefined && version !== live.metadata.resourceVersion) {
    throw new ApiError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${qualified(kind)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      { name, ...(kind.group ? { group: kind.group } : {}), kind: kind.resource },
    )
  }
  const uid = textAt(sent, 'metadata', 'uid')
  if (uid === undefined || uid === live.metadata.uid) return
  const message = `Invalid value: ${JSON.stringify(uid)}: field is immutable`
  const cause: Cause = { field: 'metadata.uid', reason: 'FieldValueInvalid', message }
  throw invalid(kind.kind, kind.group, name, [cause])
}

/** Completes a new object and stores it, unless it's a dry run. */
function storeNew(store: ObjectStore, target: Target, object: JsonObject): Stored {
  const { kind } = target
  const metadata = { ...(object.metadata as JsonObject), ...born(now()), ...(kind.counted ? { generation: 1 } : {}) }
  const whole = { ...object, metadata }
  const complete = kind.kind === 'Service' ? allocate(whole, store.list(kind, '')) : whole
  validate(kind, complete, undefined)
  return target.dryRun ? complete : store.put(kind, complete)
}

/** Completes a changed object and stores it, unless it's a dry run or nothing differs. */
function storeChanged(store: ObjectStore, target: Target, live: Stored, object: JsonObject): Stored {
  const { kind } = target
  const sent = object.metadata as JsonObject
  const inherited = ['uid', 'creationTimestamp', 'resourceVersion', 'generation', 'deletionTimestamp']
  const metadata = { ...sent, ...Object.fromEntries(inherited.map((key) => [key, live.metadata[key]])) }
  let next: Stored = { ...object, metadata }
  if (kind.kind === 'Service') {
    const others = store.list(kind, '').filter((each) => each.metadata.uid !== live.metadata.uid)
    next = allocate(next, others)
  }
  validate(kind, next, live)
  if (unchanged(live, next)) return live
  const counts = (each: Stored): JsonObject => ({ spec: each.spec, notes: each.metadata.annotations })
  if (kind.counted && JSON.stringify(sorted(counts(live))) !== JSON.stringify(sorted(counts(next)))) {
    next = { ...next, metadata: { ...next.metadata, generation: Number(live.metadata.generation) + 1 } }
  }
  return target.dryRun ? next : store.put(kind, next)
}

function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => sorted(item) ?? null)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, sorted(item)] as const)
      .sort(byKey),
  )
}

const byKey = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number =>
  left < right ? -1 : left > right ? 1 : 0

/** POST of a new object. */
export function create(store: ObjectStore, target: Target, body: Json): Answer {
  const { kind } = target
  const sent = addressed(target, body)
  const name = textAt(sent, 'metadata', 'name') ?? ''
  requireNamespace(store, { ...target, name })
  const [object, warnings] = decoded(target, sent, (why) => unreadable(kind, why))
  if (store.get(kind, target.namespace, name)) {
    const group = kind.group ? { group: kind.group } : {}
    const details = { name, ...group, kind: kind.resource }
    throw new ApiError(409, 'AlreadyExists', `${qualified(kind)} "${name}" already exists`, details)
  }
  const complete = withDefaults(kind, { ...object, status: undefined })
  const recorded = recordUpdate(kind, undefined, complete, { manager: target.fieldManager, now: now() })
  return { code: 201, body: storeNew(store, target, recorded), warnings }
}

function unreadable(kind: DemoKind, why: string): ApiError {
  const message = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${why}`
  return new ApiError(400, 'BadRequest', message)
}

/** PUT of an object, of its status, or of a namespace's finalizers. */
export function replace(store: ObjectStore, target: Target, body: Json): Answer {
  const sent = addressed(target, body)
  const live = found(store, target)
  const [object, warnings] = decoded(target, sent, (why) => unreadable(target.kind, why))
  return { code: 200, body: change(store, target, live, object), warnings }
}

/** PATCH by a JSON merge patch (RFC 7386). */
export function mergePatch(store: ObjectStore, target: Target, patch: Json): Answer {
  const live = found(store, target)
  const patched = mergeDocuments(live, patch)
  if (!isObject(patched)) throw new ApiError(400, 'BadRequest', 'a merge patch must be an object')
  const [object, warnings] = decoded(target, addressed(target, patched), (why) => {
    const message = `Invalid value: ${JSON.stringify(JSON.stringify(patched))}: ${why}`
    return invalid('', '', '', [{ field: 'patch', reason: 'FieldValueInvalid', message }])
  })
  return { code: 200, body: change(store, target, live, object), warnings }
}

function mergeDocuments(base: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const out: { [key: string]: Json | undefined } = { ...(isObject(base) ? base : {}) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key]
    else if (value !== undefined) out[key] = mergeDocuments(out[key], value)
  }
  return out
}

function change(store: ObjectStore, target: Target, live: Stored, object: Stored): Stored {
  const { kind, subresource } = target
  checkVersion(target, live, object)
  if (subresource === 'finalize') return finalize(store, target, { ...live, spec: object.spec })
  const base = subresource === 'status' ? { ...live, status: object.status } : { ...object, status: live.status }
  const next = withDefaults(kind, base)
  const sender = { manager: target.fieldManager, now: now(), subresource }
  return storeChanged(store, target, live, recordUpdate(kind, live, next, sender))
}

function finalize(store: ObjectStore, target: Target, next: Stored): Stored {
  const finalizers = isObject(next.spec) ? next.spec.finalizers : undefined
  const done = next.metadata.deletionTimestamp !== undefined && !(Array.isArray(finalizers) && finalizers.length > 0)
  return done ? store.delete(target.kind, next) : store.put(target.kind, next)
}

/** PATCH by server-side apply (KEP-555). */
export function apply(store: ObjectStore, target: Target, body: Json): Answer {
  const { kind, name } = target
  if (target.fieldManager === '') {
    const message = 'Required value: is required for apply patch'
    throw invalid('PatchOptions', 'meta.k8s.io', '', [{ field: 'fieldManager', reason: 'FieldValueRequired', message }])
  }
  const config = addressed(target, body)
  const wrong = misfits(kindShape(kind.kind), config).map((each) => each.message)
  if (wrong.length > 0) {
    const where = `${textAt(body, 'metadata', 'namespace') ?? ''}/${name}; ${kind.group ? apiVersionOf(kind) : `/${kind.version}`}`
    const list = wrong.length === 1 ? wrong[0] : `errors:\n${wrong.map((each) => `  ${each}`).join('\n')}`
    const message = `failed to create typed patch object (${where}, Kind=${kind.kind}): ${list}`
    throw new ApiError(500, undefined, message)
  }
  const live = store.get(kind, target.namespace, name)
  if (!live) requireNamespace(store, target)
  else checkVersion(target, live, config)
  const sender = { manager: target.fieldManager, force: target.force, now: now() }
  const next = withDefaults(kind, applyConfig(kind, live, config, sender))
  return live
    ? { code: 200, body: storeChanged(store, target, live, next), warnings: [] }
    : { code: 201, body: storeNew(store, target, next), warnings: [] }
}

/** DELETE of one object. A namespace stays `Terminating` until its finalizers are gone. */
export function remove(store: ObjectStore, target: Target, options: Json): Answer {
  const { kind, name } = target
  const live = found(store, target)
  const group = kind.group ? { group: kind.group } : {}
  const refuse = (what: string, wanted: string, is: Json | undefined): ApiError =>
    new ApiError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${kind.group ? `${kind.kind}.${kind.group}` : kind.kind} "${name}": the ${what} in the precondition (${wanted}) does not match the ${what} in record (${is}). The object might have been deleted and then recreated`,
      { name, ...group, kind: kind.kind },
    )
  const uid = textAt(options, 'preconditions', 'uid')
  if (uid !== undefined && uid !== live.metadata.uid) throw refuse('UID', uid, live.metadata.uid)
  const version = textAt(options, 'preconditions', 'resourceVersion')
  if (version !== undefined && version !== live.metadata.resourceVersion) {
    throw refuse('ResourceVersion', version, live.metadata.resourceVersion)
  }
  if (kind.kind === 'Namespace') {
    const metadata = { ...live.metadata, deletionTimestamp: live.metadata.deletionTimestamp ?? now() }
    const next = { ...live, metadata, status: { phase: 'Terminating' } }
    return { code: 200, body: target.dryRun ? next : store.put(kind, next), warnings: [] }
  }
  if (!target.dryRun) store.delete(kind, live)
  const details = { name, ...group, kind: kind.resource, uid: live.metadata.uid }
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
  return { code: 200, body, warnings: [] }
}
