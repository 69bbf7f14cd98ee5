import type { FieldChange } from '../model/change.ts'
import { at, isArray, isObject, type KubeObject, numberAt, textAt } from '../model/object.ts'
import { eachField, type FieldWords, wordsOf } from './field-words.ts'

/**
 * The change of an object in words, most important first: images, containers, replicas, resources, environment, ports,
 * hosts, schedule, rules, probes, volumes, then the rest. Takes masked fields; the words hold no mask.
 */
export function summarise(fields: readonly FieldChange[]): readonly string[] {
  const lines = fields
    .flatMap(eachField)
    .flatMap((field) => wordsOf(field).map((words) => ({ rank: rankOf(field.path), words })))
    .sort((one, other) => one.rank - other.rank)
  return joined(lines.map(({ words }) => words))
}

/** Says what differs only by its name in one phrase: `env A, B added`. */
function joined(all: readonly FieldWords[]): readonly string[] {
  const groups = Map.groupBy(all, ({ text, list }) => (list ? `${list.noun}\n${list.verb}` : text))
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (!first) return []
    const names = [...new Set(group.flatMap(({ list }) => (list ? [list.name] : [])))]
    if (!first.list || names.length < 2) return [first.text]
    const { noun, verb } = first.list
    const rest = names.length > 5 ? ` and ${names.length - 5} more` : ''
    return [`${noun.endsWith('env') ? noun : `${noun}s`} ${names.slice(0, 5).join(', ')}${rest} ${verb}`]
  })
}

/** What a new object is, in words. */
export function introduce(object: KubeObject): readonly string[] {
  const spec = at(object, 'spec')
  const pod = at(spec, 'template', 'spec') ?? at(spec, 'jobTemplate', 'spec', 'template', 'spec')
  const containers = at(object.kind === 'Pod' ? spec : pod, 'containers')
  const images = isArray(containers) ? containers.flatMap((each) => textAt(each, 'image') ?? []) : []
  const replicas = numberAt(spec, 'replicas')
  const [least, most] = [numberAt(spec, 'minReplicas') ?? 1, numberAt(spec, 'maxReplicas')]
  const schedule = textAt(spec, 'schedule')
  const size = textAt(spec, 'resources', 'requests', 'storage')
  return [
    ...images.map((image) => `image ${image}`),
    ...(replicas === undefined ? [] : [`replicas ${replicas}`]),
    ...(most === undefined ? [] : [`${least} to ${most} replicas`]),
    ...(schedule ? [`schedule ${schedule}`] : []),
    ...(size ? [`size ${size}`] : []),
    ...service(object),
    ...keys(object),
    ...(isArray(at(object, 'rules')) ? summarise([{ path: '/rules', after: at(object, 'rules') ?? [] }]) : []),
    ...(object.kind === 'Ingress' ? summarise([{ path: '/spec/rules', after: at(spec, 'rules') ?? [] }]) : []),
  ].map((words) => words.replace(/ added$/, ''))
}

function service(object: KubeObject): readonly string[] {
  const ports = at(object, 'spec', 'ports')
  if (object.kind !== 'Service' || !isArray(ports)) return []
  const type = textAt(object, 'spec', 'type')
  return [
    ...(type ? [`type ${type}`] : []),
    `ports ${[...new Set(ports.map((port) => String(at(port, 'port'))))].join(', ')}`,
  ]
}

function keys(object: KubeObject): readonly string[] {
  if (!['ConfigMap', 'Secret'].includes(object.kind)) return []
  const all = ['data', 'stringData', 'binaryData'].flatMap((field) => {
    const map = at(object, field)
    return isObject(map) ? Object.keys(map) : []
  })
  const names = [...new Set(all)]
  if (names.length === 0) return []
  return [`keys ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`]
}

const ranks: readonly RegExp[] = [
  /\/image$/,
  /ontainers(\[[^\]]+\])?$/,
  /\/replicas$/,
  /\/(minReplicas|maxReplicas)$/,
  /\/resources\//,
  /\/env\[/,
  /\/ports\b/,
  /\/(host|hosts|hostnames|tls)\b/,
  /\/schedule$/,
  /^(\/spec)?\/(rules|ingress|egress|subjects|roleRef)\b/,
  /Probe\b/,
  /\/volume/,
  /^\/spec\/(type|selector)\b/,
  /^\/spec\/(?!.*\/metadata\/)/,
  /^\/(data|stringData|binaryData)/,
]

function rankOf(path: string): number {
  const rank = ranks.findIndex((pattern) => pattern.test(path))
  return rank < 0 ? ranks.length : rank
}
