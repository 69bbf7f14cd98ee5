import { isArray, isObject, type Json, type JsonObject, textAt } from '../../../core/model/object.ts'
import { type FieldSet, fromFieldsV1, readable, toFieldsV1, unionOf } from './field-set.ts'
import { apiVersionOf, type DemoKind } from './kinds.ts'
import { kindShape } from './schema.ts'
import { ApiError } from './status.ts'
import { compare, fieldsOf, merge, remove, same, withNamedParents } from './typed.ts'

type Owner = {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource?: string
  readonly time: string
  readonly fields: FieldSet
}

const serverFields = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'uid',
  'resourceVersion',
  'generation',
  'managedFields',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
])

/** The part of an object whose fields have owners: `only` says whether the status or all the rest. */
function owned(object: JsonObject, only: 'status' | 'rest'): JsonObject {
  if (only === 'status') return object.status === undefined ? {} : { status: object.status }
  const { apiVersion: _version, kind: _kind, status: _status, metadata, ...rest } = object
  const meta = Object.entries(isObject(metadata) ? metadata : {}).filter(([key]) => !serverFields.has(key))
  return { ...rest, metadata: Object.fromEntries(meta) }
}

/** What a new object of a kind holds before anybody sets a field (the zero value of its Go type). */
function blank(kind: DemoKind): JsonObject {
  const spec = { strategy: {}, template: { metadata: {}, spec: { containers: [] } } }
  if (kind.kind === 'Deployment') return { metadata: {}, spec, status: {} }
  if (kind.kind === 'Service') return { metadata: {}, spec: {}, status: { loadBalancer: {} } }
  return kind.kind === 'Namespace' ? { metadata: {}, spec: {}, status: {} } : { metadata: {} }
}

function ownersOf(object: JsonObject | undefined): readonly Owner[] {
  const entries = isObject(object?.metadata) ? object.metadata.managedFields : undefined
  return (isArray(entries) ? entries : []).flatMap((entry) => {
    const operation = textAt(entry, 'operation')
    if (!isObject(entry) || (operation !== 'Apply' && operation !== 'Update')) return []
    const subresource = textAt(entry, 'subresource')
    return [
      {
        manager: textAt(entry, 'manager') ?? '',
        operation,
        apiVersion: textAt(entry, 'apiVersion') ?? '',
        ...(subresource ? { subresource } : {}),
        time: textAt(entry, 'time') ?? '',
        fields: fromFieldsV1(entry.fieldsV1),
      },
    ]
  })
}

function withOwners(object: JsonObject, owners: readonly Owner[]): JsonObject {
  const rank = (owner: Owner): string => [owner.operation, owner.time, owner.manager].join('\u0000')
  const entries = owners
    .filter((owner) => owner.fields.size > 0)
    .sort((left, right) => (rank(left) < rank(right) ? -1 : 1))
    .map((owner) => ({
      manager: owner.manager,
      operation: owner.operation,
      apiVersion: owner.apiVersion,
      time: owner.time,
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(owner.fields),
      ...(owner.subresource ? { subresource: owner.subresource } : {}),
    }))
  const { managedFields: _old, ...metadata } = isObject(object.metadata) ? object.metadata : {}
  return { ...object, metadata: { ...metadata, ...(entries.length > 0 ? { managedFields: entries } : {}) } }
}

/** Who sends a change, and when (RFC 3339). */
export type Sender = { readonly manager: string; readonly subresource?: string | undefined; readonly now: string }

/**
 * Server-side apply: merges `config` into `live`, takes away what this manager no longer sends and nobody else owns, and
 * writes the new owners. Throws a 409 {@link ApiError} when others own a changed field and `force` isn't set.
 */
export function applyConfig(
  kind: DemoKind,
  live: JsonObject | undefined,
  config: JsonObject,
  sender: Sender & { readonly force: boolean },
): JsonObject {
  const shape = kindShape(kind.kind)
  const wanted = owned(config, 'rest')
  const before = owned(live ?? blank(kind), 'rest')
  const isSender = (owner: Owner): boolean => owner.manager === sender.manager && owner.operation === 'Apply'
  const known = live ? ownersOrFirst(kind, live, sender.now) : []
  const last = known.find(isSender)?.fields ?? new Set()
  const others = known.filter((owner) => !isSender(owner))
  // The server drops `metadata` itself from the set: an object without labels leaves it empty.
  const fields = fieldsOf(shape, wanted).difference(new Set(['f:metadata']))

  const merged = merge(shape, before, wanted) ?? {}
  const kept = withNamedParents(shape, unionOf([fields, ...others.map((owner) => owner.fields)]))
  const dropped = withNamedParents(shape, last).difference(kept)
  const after = remove(shape, merged, dropped) ?? {}

  const { changed, removed } = compare(shape, before, after)
  if (!sender.force) refuseConflicts(others, changed)
  const mine: Owner = {
    manager: sender.manager,
    operation: 'Apply',
    apiVersion: apiVersionOf(kind),
    time: sender.now,
    fields,
  }
  const left = others.map((owner) => ({ ...owner, fields: owner.fields.difference(changed.union(removed)) }))
  return withOwners(restored(after, config, live), [mine, ...left])
}

/** Puts back the fields without owners: those of the server from `live`, identity from the configuration. */
function restored(after: Json, config: JsonObject, live: JsonObject | undefined): JsonObject {
  const body = isObject(after) ? after : {}
  const server = Object.entries(isObject(live?.metadata) ? live.metadata : {}).filter(([key]) => serverFields.has(key))
  const { name, namespace } = isObject(config.metadata) ? config.metadata : {}
  return {
    apiVersion: config.apiVersion,
    kind: config.kind,
    ...body,
    metadata: { name, namespace, ...Object.fromEntries(server), ...(isObject(body.metadata) ? body.metadata : {}) },
    ...(live?.status === undefined ? {} : { status: live.status }),
  }
}

/** An object that nobody applied yet belongs to `before-first-apply` as a whole. */
function ownersOrFirst(kind: DemoKind, live: JsonObject, now: string): readonly Owner[] {
  const owners = ownersOf(live)
  if (owners.length > 0) return owners
  const fields = compare(kindShape(kind.kind), owned(blank(kind), 'rest'), owned(live, 'rest')).changed
  return [{ manager: 'before-first-apply', operation: 'Update', apiVersion: apiVersionOf(kind), time: now, fields }]
}

function refuseConflicts(others: readonly Owner[], changed: FieldSet): void {
  const conflicts = others
    .flatMap((owner) => [...owner.fields.intersection(changed)].map((path) => ({ who: described(owner), path })))
    .map(({ who, path }) => ({ who, field: readable(path) }))
  const [first] = conflicts
  if (!first) return
  const lines = [...Map.groupBy(conflicts, (each) => each.who)].flatMap(([who, fields]) => [
    `conflicts with ${who}:`,
    ...fields.map((each) => `- ${each.field}`),
  ])
  const single = `Apply failed with 1 conflict: conflict with ${first.who}: ${first.field}`
  const message =
    conflicts.length === 1 ? single : `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
  throw new ApiError(409, 'Conflict', message, {
    causes: conflicts.map(({ who, field }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${who}`,
      field,
    })),
  })
}

function described(owner: Owner): string {
  const subresource = owner.subresource ? ` with subresource "${owner.subresource}"` : ''
  return owner.operation === 'Apply'
    ? `"${owner.manager}"`
    : `"${owner.manager}"${subresource} using ${owner.apiVersion}`
}

/** Writes the owners after any other change (create, update, merge patch): the sender owns what it changed. */
export function recordUpdate(
  kind: DemoKind,
  live: JsonObject | undefined,
  next: JsonObject,
  sender: Sender,
): JsonObject {
  const part = sender.subresource === 'status' ? 'status' : 'rest'
  const before = owned(live ?? blank(kind), part)
  const { changed, removed } = compare(kindShape(kind.kind), before, owned(next, part))
  const isSender = (owner: Owner): boolean =>
    owner.manager === sender.manager && owner.operation === 'Update' && owner.subresource === sender.subresource
  const owners = ownersOf(next)
  const mine = owners.find(isSender)
  const others = owners
    .filter((owner) => !isSender(owner))
    .map((owner) => ({ ...owner, fields: owner.fields.difference(changed.union(removed)) }))
  const own: Owner = {
    manager: sender.manager,
    operation: 'Update',
    apiVersion: apiVersionOf(kind),
    ...(sender.subresource ? { subresource: sender.subresource } : {}),
    time: changed.size > 0 ? sender.now : (mine?.time ?? sender.now),
    fields: (mine?.fields ?? new Set<string>()).difference(removed).union(changed),
  }
  return withOwners(next, [own, ...others])
}

/** Tells whether two states differ in nothing but the times of their owners and the resourceVersion. */
export function unchanged(live: JsonObject, next: JsonObject): boolean {
  const comparable = (object: JsonObject): JsonObject => {
    const {
      managedFields: _fields,
      resourceVersion: _version,
      ...metadata
    } = isObject(object.metadata) ? object.metadata : {}
    const owners = ownersOf(object).map(({ fields, time: _time, ...owner }) => ({ ...owner, at: [...fields].sort() }))
    return { ...object, metadata: { ...metadata, owners } }
  }
  return same(comparable(live), comparable(next))
}
