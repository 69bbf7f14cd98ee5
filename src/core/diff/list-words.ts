import type { FieldChange } from '../model/change.ts'
import { at, isArray, isObject, type Json, textAt } from '../model/object.ts'

/** So many entries are said one by one; of more only the number. */
const SAID = 3

/**
 * What differs between two lists that are compared as a whole, in words: rules of RBAC, Ingress and NetworkPolicy, hosts
 * of TLS, plain values. `undefined` where the lists are of another sort.
 */
export function listWords(field: FieldChange, name: string): readonly string[] | undefined {
  const [before, after] = [items(field.before), items(field.after)]
  if (!before || !after) return undefined
  const all = [...before, ...after]
  if (all.length === 0) return undefined
  const sort = sorts.find(({ holds }) => all.every((item) => holds(item, field.path)))
  if (!sort) return undefined
  const [old, now] = [new Set(before.flatMap(sort.say)), new Set(after.flatMap(sort.say))]
  const [removed, added] = [[...old].filter((each) => !now.has(each)), [...now].filter((each) => !old.has(each))]
  if (removed.length + added.length === 0) return [`order of ${name} changed`]
  return [...said(sort.noun, name, removed, 'removed'), ...said(sort.noun, name, added, 'added')]
}

function items(side: Json | undefined): readonly Json[] | undefined {
  if (side === undefined) return []
  return isArray(side) ? side : undefined
}

function said(noun: string | undefined, name: string, entries: readonly string[], verb: string): readonly string[] {
  if (entries.length === 0) return []
  if (entries.length > SAID) return [noun ? `${entries.length} ${noun}s ${verb}` : `${name}: ${entries.length} ${verb}`]
  return [`${noun ?? name} ${entries.map(short).join(', ')} ${verb}`]
}

function short(entry: string): string {
  return entry.length > 80 ? `${entry.slice(0, 77).toWellFormed()}…` : entry
}

type Sort = {
  readonly holds: (item: Json, path: string) => boolean
  readonly say: (item: Json) => readonly string[]
  /** Default: the name of the field. */
  readonly noun?: string
}

const sorts: readonly Sort[] = [
  { holds: (item) => !isObject(item) && !isArray(item) && String(item).length <= 200, say: (item) => [String(item)] },
  { holds: (item) => isArray(at(item, 'verbs')), say: permissions, noun: 'permission' },
  {
    holds: (item, path) =>
      path.endsWith('/rules') && (isObject(at(item, 'http')) || textAt(item, 'host') !== undefined),
    say: routes,
    noun: 'route',
  },
  { holds: (_, path) => path.endsWith('/spec/ingress'), say: (item) => [peers(item, 'from')], noun: 'ingress rule' },
  { holds: (_, path) => path.endsWith('/spec/egress'), say: (item) => [peers(item, 'to')], noun: 'egress rule' },
  { holds: (item, path) => path.endsWith('/tls') && isArray(at(item, 'hosts')), say: tlsHosts, noun: 'TLS host' },
]

/** A rule of RBAC, one permission for each verb and resource, so that a verb that is added is all that is said. */
function permissions(rule: Json): readonly string[] {
  const names = texts(rule, 'resourceNames')
  const only = names.length > 0 ? ` (only ${names.join(', ')})` : ''
  const groups = texts(rule, 'apiGroups')
  const targets = [
    ...texts(rule, 'resources').flatMap((resource) =>
      (groups.length > 0 ? groups : ['']).map((group) => (group === '' ? resource : `${resource}.${group}`)),
    ),
    ...texts(rule, 'nonResourceURLs'),
  ]
  return texts(rule, 'verbs').flatMap((verb) => targets.map((target) => `${verb} ${target}${only}`))
}

/** A rule of an Ingress: `shop.example/cart → cart:80`. */
function routes(rule: Json): readonly string[] {
  const host = textAt(rule, 'host') ?? '*'
  const paths = at(rule, 'http', 'paths')
  if (!isArray(paths) || paths.length === 0) return [host]
  return paths.map((path) => {
    const service = at(path, 'backend', 'service')
    const port = at(service, 'port', 'number') ?? at(service, 'port', 'name')
    const target = textAt(service, 'name') ?? textAt(path, 'backend', 'resource', 'name') ?? '?'
    return `${host}${textAt(path, 'path') ?? '/'} → ${target}${port === undefined ? '' : `:${String(port)}`}`
  })
}

function tlsHosts(entry: Json): readonly string[] {
  return texts(entry, 'hosts')
}

/** A rule of a NetworkPolicy: `from pods app=web, 10.0.0.0/8 on port 80`. */
function peers(rule: Json, side: 'from' | 'to'): string {
  const list = at(rule, side)
  const who = isArray(list) && list.length > 0 ? list.map(peer).join(', ') : 'anywhere'
  const ports = at(rule, 'ports')
  const where = isArray(ports) ? ports.flatMap((port) => at(port, 'port') ?? []).map(String) : []
  return `${side} ${who}${where.length > 0 ? ` on port ${where.join(', ')}` : ''}`
}

function peer(each: Json): string {
  const cidr = textAt(each, 'ipBlock', 'cidr')
  if (cidr !== undefined) {
    const except = texts(at(each, 'ipBlock') ?? null, 'except')
    return `${cidr}${except.length > 0 ? ` except ${except.join(', ')}` : ''}`
  }
  const pods = at(each, 'podSelector')
  const namespaces = at(each, 'namespaceSelector')
  return [
    ...(pods === undefined ? (namespaces === undefined ? ['?'] : []) : [`pods ${labels(pods)}`]),
    ...(namespaces === undefined ? [] : [`namespaces ${labels(namespaces)}`]),
  ].join(' in ')
}

function labels(selector: Json): string {
  const wanted = at(selector, 'matchLabels')
  const said = isObject(wanted) ? Object.entries(wanted).map(([key, value]) => `${key}=${String(value)}`) : []
  const more = at(selector, 'matchExpressions')
  const expressions = isArray(more) ? more.map((each) => JSON.stringify(each)) : []
  return [...said, ...expressions].join(' ') || '(all)'
}

function texts(value: Json, key: string): readonly string[] {
  const list = at(value, key)
  return isArray(list) ? list.map(String) : []
}
