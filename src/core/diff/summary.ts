import type { FieldChange } from '../model/change.ts'
import { at, isArray, isObject, type Json, type KubeObject, numberAt, textAt } from '../model/object.ts'

/** The change of an object in words, most important first: image, replicas, resources, environment, ports, then the rest. */
export function summarise(fields: readonly FieldChange[]): readonly string[] {
  const lines = fields.map((field) => ({ rank: rankOf(field.path), text: describe(field) }))
  return [...new Set(lines.sort((one, other) => one.rank - other.rank).map((line) => line.text))]
}

/** What a new object is, in words. */
export function introduce(object: KubeObject): readonly string[] {
  const pod = at(object, 'spec', 'template', 'spec') ?? at(object, 'spec', 'jobTemplate', 'spec', 'template', 'spec')
  const containers = at(object.kind === 'Pod' ? at(object, 'spec') : pod, 'containers')
  const images = isArray(containers) ? containers.flatMap((each) => textAt(each, 'image') ?? []) : []
  const replicas = numberAt(object, 'spec', 'replicas')
  const schedule = textAt(object, 'spec', 'schedule')
  const ports = at(object, 'spec', 'ports')
  const keys = ['ConfigMap', 'Secret'].includes(object.kind)
    ? ['data', 'stringData', 'binaryData'].flatMap((field) =>
        Object.keys((at(object, field) as object | undefined) ?? {}),
      )
    : []
  return [
    ...images.map((image) => `image ${image}`),
    ...(replicas === undefined ? [] : [`replicas ${replicas}`]),
    ...(schedule ? [`schedule ${schedule}`] : []),
    ...(object.kind === 'Service' && isArray(ports)
      ? [`ports ${ports.map((port) => at(port, 'port')).join(', ')}`]
      : []),
    ...(keys.length > 0
      ? [`keys ${keys.slice(0, 5).join(', ')}${keys.length > 5 ? ` and ${keys.length - 5} more` : ''}`]
      : []),
  ]
}

const ranks: readonly RegExp[] = [
  /\/image$/,
  /\/replicas$/,
  /\/(minReplicas|maxReplicas)$/,
  /\/resources\//,
  /\/env\[/,
  /\/ports\[/,
  /\/(host|hosts)\b/,
  /\/schedule$/,
  /^\/rules/,
  /^\/spec/,
  /^\/(data|stringData|binaryData)/,
]

function rankOf(path: string): number {
  const rank = ranks.findIndex((pattern) => pattern.test(path))
  return rank < 0 ? ranks.length : rank
}

function describe(field: FieldChange): string {
  const { path } = field
  const image = /\/(?:initC|c)ontainers\[name=([^\]]+)\]\/image$/.exec(path)
  if (image)
    return `${image[1]}: image ${movement(shortImage(field.before, field.after), shortImage(field.after, field.before))}`
  const resource = /containers\[name=([^\]]+)\]\/resources\/(limits|requests)\/([^/]+)$/.exec(path)
  if (resource)
    return `${resource[1]}: ${decodePart(resource[3])} ${resource[2]?.replace(/s$/, '')} ${movement(field.before, field.after)}`
  const variable = /\/env\[name=([^\]]+)\]/.exec(path)
  if (variable) return `env ${variable[1]} ${verb(field, path.endsWith(']'))}`
  const meta = /^\/metadata\/(labels|annotations)\/([^/]+)$/.exec(path)
  if (meta) return `${meta[1]?.replace(/s$/, '')} ${decodePart(meta[2])} ${verb(field, true)}`
  const data = /^\/(data|stringData|binaryData)\/([^/]+)$/.exec(path)
  if (data) return `${data[1]} ${decodePart(data[2])} ${verb(field, true)}`
  const short = path
    .replace(/^\/spec\/template\/spec\//, '/')
    .replace(/^\/spec\//, '/')
    .slice(1)
    .split('/')
    .map(decodePart)
    .join('.')
  return scalar(field.before) && scalar(field.after)
    ? `${short} ${movement(field.before, field.after)}`
    : `${short} ${verb(field, true)}`
}

function verb(field: FieldChange, whole: boolean): string {
  if (!whole) return 'changed'
  if (field.before === undefined) return 'added'
  return field.after === undefined ? 'removed' : 'changed'
}

function movement(before: Json | undefined, after: Json | undefined): string {
  return `${show(before)} → ${show(after)}`
}

function show(value: Json | undefined): string {
  if (value === undefined) return 'none'
  const text = String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function scalar(value: Json | undefined): boolean {
  return (
    value === undefined ||
    (!isObject(value) && !isArray(value) && String(value).length <= 80 && !String(value).includes('\n'))
  )
}

/** Only the tag, where the repository of the image stays the same. */
function shortImage(image: Json | undefined, other: Json | undefined): Json | undefined {
  if (typeof image !== 'string' || typeof other !== 'string') return image
  const split = (text: string) => /^(.*?)([:@][^/]*)?$/.exec(text)
  const [one, two] = [split(image), split(other)]
  return one?.[1] === two?.[1] && one?.[2] ? one[2].slice(1) : image
}

function decodePart(part: string | undefined): string {
  return (part ?? '').replaceAll('~1', '/').replaceAll('~0', '~')
}
