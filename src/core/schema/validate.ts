import { canonicalJson } from '../manifests/canonical.ts'
import { isArray, isObject, type Json, type JsonObject } from '../model/object.ts'
import type { Findings } from './findings.ts'
import { invalid, quote, quoteAll, sayPath } from './say.ts'
import { checkNumber, checkText, isInteger } from './scalars.ts'
import {
  additionalOf,
  itemsOf,
  limitOf,
  type Path,
  propertiesOf,
  propertyOf,
  type Schema,
  schemasOf,
  textsOf,
} from './structure.ts'

/** Checks a value against its schema as the API server does (kube-openapi's validators), CEL rules apart. */
export function validate(value: Json, schema: Schema, path: Path, findings: Findings): void {
  findings.work()
  if (!hasType(value, schema)) {
    findings.fault(path, `Invalid value: "${typeOf(value)}": ${mustBe(schema, path)}`)
    return
  }
  checkEnum(value, schema, path, findings)
  // Rules don't ask for more of a null that is allowed.
  if (value === null) return
  checkAlternatives(value, schema, path, findings)
  if (typeof value === 'string') checkText(value, schema, path, findings)
  else if (typeof value === 'number' || typeof value === 'bigint') checkNumber(value, schema, path, findings)
  else if (isArray(value)) checkList(value, schema, path, findings)
  else if (isObject(value)) checkObject(value, schema, path, findings)
}

/** Types that a schema allows; none: any. */
function typesOf(schema: Schema): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string']
  return typeof schema.type === 'string' && schema.type !== '' ? [schema.type] : []
}

function mustBe(schema: Schema, path: Path): string {
  return `${sayPath(path)} in body must be of type ${typesOf(schema).join(',')}`
}

function typeOf(value: Json): string {
  if (value === null) return 'null'
  if (isArray(value)) return 'array'
  if (typeof value === 'number' || typeof value === 'bigint') return isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function hasType(value: Json, schema: Schema): boolean {
  const types = typesOf(schema)
  if (types.length === 0) return true
  const type = typeOf(value)
  if (type === 'null') return schema.nullable === true
  return types.includes(type) || (type === 'integer' && types.includes('number'))
}

function checkEnum(value: Json, schema: Schema, path: Path, findings: Findings): void {
  const allowed = schema.enum
  if (!isArray(allowed) || allowed.length === 0) return
  findings.work(allowed.length)
  const own = canonicalJson(value)
  // Go converts the value to the type of each allowed one, so that 1.5 counts as 1 where that is a whole number.
  const isOne = (each: Json): boolean =>
    canonicalJson(each) === own ||
    (typeof value === 'number' && !isInteger(value) && isInteger(each) && Math.trunc(value) === Number(each))
  if (value !== null && allowed.some(isOne)) return
  findings.fault(path, `Unsupported value: ${quote(value)}: supported values: ${quoteAll(allowed)}`)
}

function checkAlternatives(value: Json, schema: Schema, path: Path, findings: Findings): void {
  const test = (each: Schema) => findings.trial((own) => validate(value, each, path, own))
  const say = (what: string) => findings.fault(path, `Invalid value: "${sayPath(path)}" ${what}`)
  for (const each of schemasOf(schema, 'allOf')) validate(value, each, path, findings)

  for (const key of ['anyOf', 'oneOf'] as const) {
    const tried: Findings[] = []
    for (const each of schemasOf(schema, key)) {
      const one = test(each)
      tried.push(one)
      if (key === 'anyOf' && one.faults.length === 0) break
    }
    const right = tried.filter((each) => each.faults.length === 0).length
    // What could not be checked may be right or wrong.
    if (tried.length === 0 || right === 1 || tried.some((each) => each.unsure > 0)) continue
    if (key === 'anyOf') say('must validate at least one schema (anyOf)')
    else {
      const found = right === 0 ? 'Found none valid' : `Found ${right} valid alternatives`
      say(`must validate one and only one schema (oneOf). ${found}`)
    }
    const best = tried.reduce((one, other) => (other.faults.length < one.faults.length ? other : one))
    for (const fault of best.faults) findings.fault(fault.path, fault.message)
  }

  if (!isObject(schema.not)) return
  const { faults, unsure } = test(schema.not)
  if (faults.length === 0 && unsure === 0) say('must not validate the schema (not)')
}

function checkList(value: readonly Json[], schema: Schema, path: Path, findings: Findings): void {
  const items = itemsOf(schema)
  if (items) value.forEach((each, index) => void validate(each, items, [...path, index], findings))
  const min = limitOf(schema, 'minItems')
  const max = limitOf(schema, 'maxItems')
  if (min !== undefined && value.length < min) {
    findings.fault(path, invalid(path, value.length, `should have at least ${min} items`))
  }
  if (max !== undefined && value.length > max) {
    findings.fault(path, `Too many: ${value.length}: must have at most ${max} items`)
  }
  if (schema.uniqueItems === true && new Set(value.map(canonicalJson)).size < value.length) {
    findings.fault(path, invalid(path, value.length, "shouldn't contain duplicates"))
  }
}

function checkObject(value: JsonObject, schema: Schema, path: Path, findings: Findings): void {
  const keys = Object.keys(value).filter((key) => value[key] !== undefined)
  const min = limitOf(schema, 'minProperties')
  const max = limitOf(schema, 'maxProperties')
  if (min !== undefined && keys.length < min) {
    findings.fault(path, invalid(path, keys.length, `should have at least ${min} properties`))
  }
  if (max !== undefined && keys.length > max) {
    findings.fault(path, `Too many: ${keys.length}: must have at most ${max} items`)
  }
  const additional = additionalOf(schema)
  const declared = new Set(propertiesOf(schema))
  for (const key of keys) {
    const each = value[key]
    if (each === undefined) continue
    const own = declared.has(key) ? propertyOf(schema, key) : undefined
    if (own) validate(each, own, [...path, key], findings)
    else if (isObject(additional)) validate(each, additional, [...path, key], findings)
    else if (additional === false) findings.fault([...path, key], 'Invalid value: it is a forbidden property')
  }
  for (const key of textsOf(schema, 'required')) {
    findings.work()
    if (!Object.hasOwn(value, key) || value[key] === undefined) findings.fault([...path, key], 'Required value')
  }
}
