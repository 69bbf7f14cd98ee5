import { at, isArray, isObject, type Json, type JsonObject, type KubeObject, textAt } from '../model/object.ts'
import { groupOf } from '../model/reference.ts'
import type { FieldFault } from '../model/refusal.ts'
import { withDeclared } from './declared.ts'
import { withDefaults } from './defaults.ts'
import { servedNames, servedVersion } from './definition.ts'
import { checkEmbedded } from './embedded.ts'
import { Findings, TooMuchWork } from './findings.ts'
import { checkLists } from './lists.ts'
import { checkMetadata } from './metadata.ts'
import { quote } from './say.ts'
import { asStored } from './stored.ts'
import type { Schema } from './structure.ts'
import { checkTypes } from './types.ts'
import { validate } from './validate.ts'

/** What an API server would say of an object, as far as its definition tells. */
export type DefinitionAnswer = {
  /** With defaults, and without fields that the server drops; as it was given when it could not be checked at all. */
  readonly object: KubeObject
  /** Each mistake, at most 100. None: the server would take it. No text of the object longer than 40 characters is quoted. */
  readonly faults: readonly FieldFault[]
  /** What only the server can tell, as sentences without a full stop. */
  readonly notChecked: readonly string[]
}

/** The definition, of those in the same commit, that makes the kind of an object and serves its version. */
export function definitionFor(object: KubeObject, definitions: readonly KubeObject[]): KubeObject | undefined {
  return definitions.find(
    (each) =>
      each.kind === 'CustomResourceDefinition' &&
      each.apiVersion === 'apiextensions.k8s.io/v1' &&
      textAt(each, 'spec', 'group') === groupOf(object.apiVersion) &&
      textAt(each, 'spec', 'names', 'kind') === object.kind &&
      servedVersion(object, each) !== undefined,
  )
}

/** Beyond this, neither YAML nor an API server would take it. */
const maxDepth = 200

/**
 * Says what an API server that had this CustomResourceDefinition would answer to a server-side apply of the object that
 * creates it, with `fieldValidation=Strict`. Follows apiextensions-apiserver and structured-merge-diff of Kubernetes 1.35:
 * pruning, defaulting, structural schemas, list types, embedded resources. Rules in CEL are not evaluated.
 */
export function checkAgainstDefinition(object: KubeObject, definition: KubeObject): DefinitionAnswer {
  const version = servedVersion(object, definition)
  if (!version) {
    const served = servedNames(definition).slice(0, 10).join(', ')
    const message = `Invalid value: ${quote(object.apiVersion)}: the definition serves ${served || 'no version'}`
    return { object, faults: [{ path: ['apiVersion'], message }], notChecked: [] }
  }
  const schema = at(version, 'schema', 'openAPIV3Schema')
  if (!isObject(schema)) {
    return { object, faults: [], notChecked: ['its definition has no schema, so that nothing of it is checked'] }
  }
  if (isDeeper(object, maxDepth) || isDeeper(schema, maxDepth * 2)) {
    return { object, faults: [], notChecked: ['it is nested too deeply to be checked before it is applied'] }
  }
  const findings = new Findings()
  let answer = object
  try {
    answer = check(object, schema, version, findings)
    if (hasRules(schema)) findings.skip('its validation rules (CEL) are checked only when it is applied')
  } catch (thrown) {
    if (!(thrown instanceof TooMuchWork)) throw thrown
    findings.skip('it is too large to be checked in full before it is applied')
  }
  return { object: answer, faults: findings.faults, notChecked: [...findings.notChecked] }
}

function check(object: KubeObject, schema: Schema, version: JsonObject, findings: Findings): KubeObject {
  const complete = withDefaults(object, schema, findings)
  const declared = withDeclared(complete, schema, findings)
  checkTypes(object, schema, [], findings)
  // Also in a status, which is dropped next: the server reads it first.
  checkLists(complete, schema, [], findings)
  checkMetadata(object.metadata, ['metadata'], false, findings)
  const isKept = ([key]: readonly [string, unknown]) => key !== 'status' || !at(version, 'subresources', 'status')
  const kept = (value: Json): Json =>
    isObject(value) ? Object.fromEntries(Object.entries(value).filter(isKept)) : value
  // Fields that are dropped without a word are dropped after this: they count as properties.
  validate(kept(complete), schema, [], findings)
  checkEmbedded(kept(complete), schema, [], findings)
  checkScale(kept(complete), textAt(version, 'subresources', 'scale', 'specReplicasPath'), findings)
  return asStored(kept(declared), schema, findings) as KubeObject
}

function checkScale(object: Json, replicasPath: string | undefined, findings: Findings): void {
  if (!replicasPath) return
  const path = replicasPath.replace(/^\./, '').split('.')
  const found = at(object, ...path)
  if (found === undefined) return
  if (typeof found === 'number' && Number.isInteger(found) && found >= 0 && found <= 2 ** 31 - 1) return
  findings.fault(path, `Invalid value: ${quote(found)}: should be a non-negative integer of 32 bits`)
}

/** Without recursion: the depth is what is not known yet. */
function isDeeper(value: Json, limit: number): boolean {
  let level: readonly Json[] = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true
    level = level.flatMap((each) =>
      isArray(each) ? each : isObject(each) ? Object.values(each).filter((child) => child !== undefined) : [],
    )
  }
  return false
}

function hasRules(schema: Schema): boolean {
  const open: Json[] = [schema]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (isArray(next)) for (const each of next) open.push(each)
    if (!isObject(next)) continue
    if (isArray(next['x-kubernetes-validations'])) return true
    for (const each of Object.values(next)) if (each !== undefined) open.push(each)
  }
  return false
}
