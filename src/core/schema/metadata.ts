import { isArray, isObject, type Json } from '../model/object.ts'
import type { Findings } from './findings.ts'
import { quote } from './say.ts'
import type { Path } from './structure.ts'

const textFields = ['name', 'generateName', 'namespace', 'selfLink', 'uid', 'resourceVersion', 'creationTimestamp']
const numberFields = ['generation', 'deletionGracePeriodSeconds']
const fields = new Set([
  ...textFields,
  ...numberFields,
  ...['deletionTimestamp', 'labels', 'annotations', 'ownerReferences', 'finalizers', 'managedFields'],
])
const ownerFields = new Set(['apiVersion', 'kind', 'name', 'uid', 'controller', 'blockOwnerDeletion'])

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const namePart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

const isLabel = (text: string): boolean => text.length <= 63 && label.test(text)
const isSubdomain = (text: string): boolean => text.length <= 253 && subdomain.test(text)
const isLabelValue = (text: string): boolean => text === '' || (text.length <= 63 && namePart.test(text))

/** A key of labels, annotations or finalizers: a name of at most 63 characters, perhaps with a DNS prefix. */
function isQualifiedName(text: string): boolean {
  const [first = '', second, ...more] = text.split('/')
  if (more.length > 0) return false
  const name = second ?? first
  return name.length <= 63 && namePart.test(name) && (second === undefined || isSubdomain(first))
}

/**
 * Checks `metadata` of an object, or of one that is embedded in another, where the name need only fit into a URL.
 * Of owners only the fields are checked.
 */
export function checkMetadata(metadata: Json | undefined, path: Path, embedded: boolean, findings: Findings): void {
  if (metadata === undefined || metadata === null) return
  if (!isObject(metadata)) {
    findings.fault(path, `Invalid value: ${quote(metadata)}: must be an object`)
    return
  }
  findings.work(Object.keys(metadata).length)
  for (const key of Object.keys(metadata)) if (!fields.has(key)) findings.fault([...path, key], 'unknown field')
  const say = (key: string, rule: string) =>
    findings.fault([...path, key], `Invalid value: ${quote(metadata[key])}: ${rule}`)
  for (const key of textFields) if (isOther(metadata[key], 'string')) say(key, 'must be a string')
  for (const key of numberFields) {
    const found = metadata[key]
    if (isOther(found, 'number')) say(key, 'must be an integer')
    else if (typeof found === 'number' && found < 0) say(key, 'must be greater than or equal to 0')
  }
  const { name, namespace } = metadata
  if (typeof name === 'string' && name !== '') {
    if (!embedded && !isSubdomain(name)) say('name', 'must be a lowercase RFC 1123 subdomain')
    if (embedded && (name === '.' || name === '..' || /[/%]/.test(name)))
      say('name', "may not be '.' or '..' or contain '/' or '%'")
  }
  if (typeof namespace === 'string' && namespace !== '' && !isLabel(namespace)) {
    say('namespace', 'must be a lowercase RFC 1123 label')
  }
  checkTexts(metadata.labels, [...path, 'labels'], isLabelValue, findings)
  checkTexts(metadata.annotations, [...path, 'annotations'], () => true, findings)
  checkFinalizers(metadata.finalizers, [...path, 'finalizers'], findings)
  checkOwners(metadata.ownerReferences, [...path, 'ownerReferences'], findings)
}

function isOther(value: Json | undefined, type: string): boolean {
  return value !== undefined && value !== null && typeof value !== type
}

function checkTexts(texts: Json | undefined, path: Path, isValue: (text: string) => boolean, findings: Findings): void {
  if (texts === undefined || texts === null) return
  if (!isObject(texts)) {
    findings.fault(path, `Invalid value: ${quote(texts)}: must be an object`)
    return
  }
  for (const [key, value] of Object.entries(texts)) {
    findings.work()
    const at = [...path, key]
    // Annotations are compared without regard to case.
    const name = path.at(-1) === 'annotations' ? key.toLowerCase() : key
    if (!isQualifiedName(name)) findings.fault(at, `Invalid value: ${quote(key)}: the key is not a qualified name`)
    if (isOther(value, 'string')) findings.fault(at, `Invalid value: ${quote(value)}: must be a string`)
    else if (typeof value === 'string' && !isValue(value)) {
      findings.fault(at, `Invalid value: ${quote(value)}: it is not a valid label value`)
    }
  }
}

function checkFinalizers(finalizers: Json | undefined, path: Path, findings: Findings): void {
  if (finalizers === undefined || finalizers === null) return
  const rule = 'must be a list of qualified names'
  if (!isArray(finalizers)) findings.fault(path, `Invalid value: ${quote(finalizers)}: ${rule}`)
  else {
    finalizers.forEach((each, index) => {
      if (typeof each === 'string' && isQualifiedName(each)) return
      findings.fault([...path, index], `Invalid value: ${quote(each)}: ${rule}`)
    })
  }
}

function checkOwners(owners: Json | undefined, path: Path, findings: Findings): void {
  if (owners === undefined || owners === null) return
  if (!isArray(owners)) {
    findings.fault(path, `Invalid value: ${quote(owners)}: must be a list`)
    return
  }
  owners.forEach((each, index) => {
    const at = [...path, index]
    if (!isObject(each)) {
      findings.fault(at, `Invalid value: ${quote(each)}: must be an object`)
      return
    }
    for (const key of Object.keys(each)) if (!ownerFields.has(key)) findings.fault([...at, key], 'unknown field')
    for (const key of ['apiVersion', 'kind', 'name', 'uid']) {
      const found = each[key]
      if (typeof found !== 'string' || found === '') {
        findings.fault([...at, key], `Invalid value: ${quote(found ?? '')}: must not be empty`)
      }
    }
  })
}
