import { canonicalJson } from '../manifests/canonical.ts'
import { isArray, isObject, type Json, type JsonObject } from '../model/object.ts'
import type { Findings } from './findings.ts'
import { quote } from './say.ts'
import { fieldOf, itemsOf, type Path, type Schema, textsOf } from './structure.ts'

/** Finds duplicates in lists whose items are known by themselves (`set`) or by their keys (`map`). */
export function checkLists(value: Json, schema: Schema | undefined, path: Path, findings: Findings): void {
  findings.work()
  if (!schema) return
  if (isArray(value)) {
    const type = schema['x-kubernetes-list-type']
    if (type === 'set') sayDuplicates(value, value.map(quote), path, findings)
    if (type === 'map') {
      const keys = textsOf(schema, 'x-kubernetes-list-map-keys')
      const known = value.map((each) => (isObject(each) ? keysOf(each, keys) : null))
      sayDuplicates(
        known,
        known.map((each) => (each ? sayKeys(each) : 'null')),
        path,
        findings,
      )
    }
    value.forEach((each, index) => void checkLists(each, itemsOf(schema), [...path, index], findings))
  } else if (isObject(value)) {
    for (const [key, each] of Object.entries(value)) {
      if (each !== undefined) checkLists(each, fieldOf(schema, key), [...path, key], findings)
    }
  }
}

function keysOf(item: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(item, key) ? [[key, item[key]]] : [])))
}

function sayKeys(keys: JsonObject): string {
  const pairs = Object.entries(keys).map(([key, value]) => `${JSON.stringify(key)}:${quote(value)}`)
  return `{${pairs.join(',')}}`
}

/** Each duplicated item is named once, at its second place. */
function sayDuplicates(items: readonly Json[], said: readonly string[], path: Path, findings: Findings): void {
  const times = new Map<string, number>()
  items.forEach((each, index) => {
    findings.work()
    const known = canonicalJson(each)
    const before = times.get(known) ?? 0
    times.set(known, before + 1)
    if (before === 1) findings.fault([...path, index], `Duplicate value: ${said[index] ?? ''}`)
  })
}
