/** The field of a path without what every workload repeats: `/spec/template/spec/` and its like. */
const wrapping = /^\/(?:spec\/(?:jobTemplate\/spec\/)?(?:template\/spec\/)?)?/

const container = /^(initC|c|ephemeralC)ontainers\[name=([^\]]+)\](?:\/(.+))?$/

const containerFields: readonly (readonly [RegExp, (found: readonly string[]) => string])[] = [
  [/^resources\/(limit|request)s\/(.+)$/, ([, side, name]) => `${decoded(name)} ${side}`],
  [/^env\[name=([^\]]+)\]/, ([, name]) => `env ${decoded(name)}`],
  [/^ports\[\w+=([^\]]+)\](?:\/containerPort)?$/, ([, port]) => `port ${decoded(port)}`],
  [/^ports\[\w+=([^\]]+)\]\/(.+)$/, ([, port, rest]) => `port ${decoded(port)} ${dotted(rest)}`],
  [/^(liveness|readiness|startup)Probe$/, ([, probe]) => `${probe} probe`],
  [/^(liveness|readiness|startup)Probe\/(?:httpGet\/)?(.+)$/, ([, probe, rest]) => `${probe} probe ${dotted(rest)}`],
  [/^volumeMounts\[\w+=([^\]]+)\]$/, ([, mount]) => `mount ${decoded(mount)}`],
  [/^volumeMounts\[\w+=([^\]]+)\]\/(.+)$/, ([, mount, rest]) => `mount ${decoded(mount)} ${dotted(rest)}`],
]

const fields: readonly (readonly [RegExp, (found: readonly string[]) => string])[] = [
  [/^volumes\[name=([^\]]+)\]$/, ([, volume]) => `volume ${decoded(volume)}`],
  [/^volumes\[name=([^\]]+)\]\/(.+)$/, ([, volume, rest]) => `volume ${decoded(volume)}: ${dotted(rest)}`],
  [/^ports\[\w+=([^\]]+)\](?:\/port)?$/, ([, port]) => `port ${decoded(port)}`],
  [/^ports\[\w+=([^\]]+)\]\/targetPort$/, ([, port]) => `port ${decoded(port)} target`],
  [/^ports\[\w+=([^\]]+)\]\/nodePort$/, ([, port]) => `port ${decoded(port)} node port`],
  [/^selector\/(?:matchLabels\/)?([^/]+)$/, ([, label]) => `selector ${decoded(label)}`],
  [/^resources\/requests\/storage$/, () => 'size'],
  [/^(min|max)Replicas$/, ([, side]) => `${side} replicas`],
  [/^versions\[name=([^\]]+)\]$/, ([, version]) => `version ${decoded(version)}`],
  [/^versions\[name=([^\]]+)\]\/schema\b/, ([, version]) => `version ${decoded(version)}: schema`],
  [/^subjects\[name=([^\]]+)\]$/, ([, subject]) => `subject ${decoded(subject)}`],
  [/^webhooks\[name=([^\]]+)\]\/(.+)$/, ([, webhook, rest]) => `${decoded(webhook)}: ${dotted(rest)}`],
]

/** What a person calls the field of a path: `replicas`, `web: cpu limit`, `pod label app`, `key password` of a Secret. */
export function nameOfField(path: string, secret = false): string {
  const meta = /^(\/spec\/.*template)?\/metadata\/(label|annotation)s\/([^/]+)$/i.exec(path)
  if (meta) return `${meta[1] ? 'pod ' : ''}${meta[2]} ${decoded(meta[3])}`
  const data = /^\/(data|stringData|binaryData)\/([^/]+)$/.exec(path)
  if (data) return `${secret ? 'key' : data[1]} ${decoded(data[2])}`
  const rest = path.replace(wrapping, '')
  const [, type, name = '', field] = container.exec(rest) ?? []
  if (type === undefined) return firstOf(fields, rest)
  if (field === undefined) {
    return `${type === 'initC' ? 'init container' : type === 'c' ? 'container' : 'ephemeral container'} ${decoded(name)}`
  }
  return `${decoded(name)}: ${firstOf(containerFields, field)}`
}

function firstOf(names: typeof fields, path: string): string {
  for (const [pattern, say] of names) {
    const found = pattern.exec(path)
    if (found) return say(found)
  }
  return dotted(path)
}

function dotted(path = ''): string {
  return path.split('/').map(decoded).join('.')
}

function decoded(part = ''): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}
