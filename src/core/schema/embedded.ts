import { isArray, isObject, type Json, type JsonObject } from '../model/object.ts'
import type { Findings } from './findings.ts'
import { checkMetadata } from './metadata.ts'
import { quote } from './say.ts'
import { fieldOf, isEmbedded, itemsOf, type Path, type Schema } from './structure.ts'

/** Checks objects that stand in this one (`x-kubernetes-embedded-resource`): each needs an apiVersion and a kind. */
export function checkEmbedded(value: Json, schema: Schema | undefined, path: Path, findings: Findings): void {
  findings.work()
  if (!schema) return
  if (isArray(value)) {
    value.forEach((each, index) => void checkEmbedded(each, itemsOf(schema), [...path, index], findings))
  } else if (isObject(value)) {
    if (isEmbedded(schema)) {
      checkText(value, 'apiVersion', /^[^/]*(\/[^/]*)?$/, 'unexpected GroupVersion string', path, findings)
      checkText(value, 'kind', /^[a-zA-Z]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/, 'must be a DNS-1035 label', path, findings)
      checkMetadata(value.metadata, [...path, 'metadata'], true, findings)
    }
    for (const [key, each] of Object.entries(value)) {
      if (each !== undefined) checkEmbedded(each, fieldOf(schema, key), [...path, key], findings)
    }
  }
}

function checkText(object: JsonObject, key: string, form: RegExp, rule: string, path: Path, findings: Findings): void {
  const found = object[key]
  const at = [...path, key]
  if (found === undefined) findings.fault(at, 'Required value')
  else if (typeof found !== 'string') findings.fault(at, `Invalid value: ${quote(found)}: must be a string`)
  else if (found === '') findings.fault(at, 'Invalid value: "": must not be empty')
  else if (!form.test(found)) findings.fault(at, `Invalid value: ${quote(found)}: ${rule}`)
}
