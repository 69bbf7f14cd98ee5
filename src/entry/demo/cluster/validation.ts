import { at, isArray, isObject, type Json, type JsonObject, textAt } from '../../../core/model/object.ts'
import type { DemoKind } from './kinds.ts'
import { ApiError, type Cause, invalid } from './status.ts'
import { same } from './typed.ts'

const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'
const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const serviceName = '[a-z]([-a-z0-9]*[a-z0-9])?'
const labelValue = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'
const nameRules: Record<string, readonly [pattern: string, message: string]> = {
  Namespace: [
    label,
    `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`,
  ],
  Service: [
    serviceName,
    `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${serviceName}')`,
  ],
}
const anyName = [
  subdomain,
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`,
] as const
const labelMessage = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${labelValue}')`

const required = (field: string): Cause => ({ field, reason: 'FieldValueRequired', message: 'Required value' })
const wrong = (field: string, value: Json | undefined, why: string): Cause => {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value ?? null)}: ${why}` }
}
const forbidden = (field: string, why: string): Cause => {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${why}` }
}

/** Refuses (422) what the API server's validation of the demo's kinds refuses; `live` is there for an update. */
export function validate(kind: DemoKind, next: JsonObject, live: JsonObject | undefined): void {
  const name = textAt(next, 'metadata', 'name') ?? ''
  if (kind.kind === 'Secret') validateSecretData(next, name)
  const causes = [
    ...(live ? [] : validateName(kind, name)),
    ...validateLabels(next, 'metadata', 'labels'),
    ...(kind.kind === 'Deployment' ? validateDeployment(next, live) : []),
    ...(kind.kind === 'Service' ? validateService(next, live) : []),
    ...(kind.kind === 'Secret' && live && live.type !== next.type
      ? [wrong('type', next.type, 'field is immutable')]
      : []),
    ...(live?.immutable === true ? validateFrozen(next, live) : []),
  ]
  if (causes.length > 0) throw invalid(kind.kind, kind.group, name, causes)
}

function validateName(kind: DemoKind, name: string): readonly Cause[] {
  const [pattern, message] = nameRules[kind.kind] ?? anyName
  return new RegExp(`^${pattern}$`).test(name) ? [] : [wrong('metadata.name', name, message)]
}

function validateLabels(object: JsonObject, ...path: readonly string[]): readonly Cause[] {
  const labels = at(object, ...path)
  return Object.values(isObject(labels) ? labels : {})
    .filter((value) => !new RegExp(`^${labelValue}$`).test(String(value)) || String(value).length > 63)
    .map((value) => wrong(path.join('.'), value, labelMessage))
}

function validateSecretData(next: JsonObject, name: string): void {
  for (const value of Object.values(isObject(next.data) ? next.data : {})) {
    const text = String(value)
    if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replace(/[\r\n]/g, ''))) continue
    const bad = Math.max(text.search(/[^A-Za-z0-9+/]/), 0)
    throw new ApiError(
      500,
      undefined,
      `failed to convert new object (/${name}; /v1, Kind=Secret) to proper version: unable to convert unstructured object to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte ${bad}`,
    )
  }
}

function validateDeployment(next: JsonObject, live: JsonObject | undefined): readonly Cause[] {
  const causes: Cause[] = []
  const replicas = at(next, 'spec', 'replicas')
  if (Number(replicas) < 0) causes.push(wrong('spec.replicas', replicas, 'must be greater than or equal to 0'))
  const selector = at(next, 'spec', 'selector')
  const labels = at(next, 'spec', 'template', 'metadata', 'labels')
  if (selector === undefined) causes.push(required('spec.selector'))
  const wanted = Object.entries((at(selector, 'matchLabels') as JsonObject | undefined) ?? {})
  if (selector === undefined || wanted.some(([key, value]) => at(labels, key) !== value)) {
    causes.push(wrong('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'))
  }
  const containers = at(next, 'spec', 'template', 'spec', 'containers')
  if (!isArray(containers) || containers.length === 0) causes.push(required('spec.template.spec.containers'))
  for (const [index, container] of (isArray(containers) ? containers : []).entries()) {
    const field = `spec.template.spec.containers[${index}]`
    for (const key of ['name', 'image']) if (!textAt(container, key)) causes.push(required(`${field}.${key}`))
  }
  if (live && selector !== undefined && !same(at(live, 'spec', 'selector'), selector)) {
    causes.push(wrong('spec.selector', selector, 'field is immutable'))
  }
  return causes
}

function validateService(next: JsonObject, live: JsonObject | undefined): readonly Cause[] {
  const causes: Cause[] = []
  const ports = at(next, 'spec', 'ports')
  const list = isArray(ports) ? ports : []
  const headless = at(next, 'spec', 'clusterIP') === 'None' || at(next, 'spec', 'type') === 'ExternalName'
  if (list.length === 0 && !headless) causes.push(required('spec.ports'))
  for (const [index, port] of list.entries()) {
    const number = at(port, 'port')
    if (list.length > 1 && !textAt(port, 'name')) causes.push(required(`spec.ports[${index}].name`))
    if (!Number.isInteger(number) || Number(number) < 1 || Number(number) > 65535) {
      causes.push(wrong(`spec.ports[${index}].port`, number ?? 0, 'must be between 1 and 65535, inclusive'))
    }
  }
  const before = at(live, 'spec', 'clusterIPs')
  const after = at(next, 'spec', 'clusterIPs')
  if (isArray(before) && isArray(after) && !same(before, after)) {
    causes.push(wrong('spec.clusterIPs[0]', after, 'may not change once set'))
  }
  return causes
}

function validateFrozen(next: JsonObject, live: JsonObject): readonly Cause[] {
  const why = 'field is immutable when `immutable` is set'
  return [
    ...(next.immutable === true ? [] : [forbidden('immutable', why)]),
    ...(same(live.data, next.data) ? [] : [forbidden('data', why)]),
    ...(same(live.binaryData, next.binaryData) ? [] : [forbidden('binaryData', why)]),
  ]
}
