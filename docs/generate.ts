/**
 * Writes docs/configuration.md from the JSON Schema, so that the reference can't say anything else than the reader:
 * `npx node docs/generate.ts`. A test compares the file with what this makes.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { jsonSchema } from '../src/core/config/json-schema.ts'
import { parseRepositoryConfig } from '../src/core/config/repository.ts'
import { at, isArray, isObject, type Json, textAt } from '../src/core/model/object.ts'

const target = new URL('configuration.md', import.meta.url)
const source = new URL('configuration.template.md', import.meta.url)

/** What this version makes of a key, where the description alone would promise more. By its place in the file. */
const remarks: Readonly<Record<string, string>> = {
  'apps[].sync.prune':
    'With `confirm` the rest is synced, and the deletion waits. With `false` nothing is deleted, and the plan names what is left over.',
  'apps[].sync.selfHeal':
    'Nothing watches for drift yet: it is corrected by the next sync of the app, and shown by each plan until then.',
  'apps[].sync.timeout': 'Each wave has the whole time. What can not become healthy ends the waiting at once.',
  'apps[].sync.retry':
    'Only of requests that may succeed later: 429, 5xx that say so, a webhook that is down, a conflict, a server that does not answer.',
  'apps[].sync.onFailure': '`rollback` also pins the app there and opens the pull request that takes the merge back.',
  'apps[].sync.maxPrune': '`0`: each deletion needs it.',
  'apps[].commands':
    'The keys are those of [`commands`](#commands). What the target branch says counts.',
  'apps[].dependsOn': 'A circle is an error.',
  'apps[].adopt': 'Without it such an object is an error of the plan (`already-owned`).',
  'commands.sync': 'Who may sync may end a pin by it.',
}

/** Sections of the page, in order; each lists the keys of one mapping. */
const sections: readonly (readonly [place: string, title: string])[] = [
  ['', 'The file'],
  ['apps[]', '`apps[]`: one application'],
  ['apps[].sync', '`apps[].sync`: how it is synced'],
  ['apps[].sync.retry', '`apps[].sync.retry`'],
  ['apps[].helm', '`apps[].helm`: settings of a chart'],
  ['apps[].ignore[]', '`apps[].ignore[]`: fields that others own'],
  ['apps[].sensitive[]', '`apps[].sensitive[]`: fields whose values are never shown'],
  ['apps[].health[]', '`apps[].health[]`: health of other kinds'],
  ['generate[]', '`generate[]`: apps made of folders'],
  ['require', '`require`'],
  ['commands', '`commands`'],
  ['windows[]', '`windows[]`'],
  ['exceptions[]', '`exceptions[]`'],
]

/** The text of docs/configuration.md. */
export async function configurationPage(): Promise<string> {
  const template = await readFile(source, 'utf8')
  const idle = await keysWithoutEffect(template)
  const tables = sections.map(([place, title]) => section(place, title, idle)).join('\n\n')
  return template.replace('<!-- reference -->', () => tables)
}

/** The keys that the reader of the file says have no effect, asked with the example that names every key. */
async function keysWithoutEffect(template: string): Promise<ReadonlySet<string>> {
  const example = /<!-- every key -->\n```yaml\n([\s\S]*?)```/.exec(template)?.[1] ?? ''
  const { notes } = parseRepositoryConfig(example, '.github/drydock.yaml', ['teams/web/staging'])
  return new Set(notes.flatMap(({ message }) => /^`(\w+)` has no effect/.exec(message)?.[1] ?? []))
}

function section(place: string, title: string, idle: ReadonlySet<string>): string {
  const schema = find(place)
  const required = at(schema, 'required')
  const rows = propertiesOf(schema).map(([key, each]) => {
    const needed = isArray(required) && required.includes(key)
    const standard = defaultOf(each)
    const quiet = idle.has(key) ? '**No effect yet.** ' : ''
    const remark = remarks[place === '' ? key : `${place}.${key}`]
    const words = `${quiet}${textAt(each, 'description') ?? ''}${remark ? ` ${remark}` : ''}`
    return row([`\`${key}\``, typeOf(each), needed ? 'required' : standard, words])
  })
  return [
    `### ${title}`,
    '',
    row(['Key', 'Value', 'Default', 'Meaning']),
    row(['---', '---', '---', '---']),
    ...rows,
  ].join('\n')
}

/** `apps[].sync` → the schema of that mapping. */
function find(place: string): Json {
  let schema: Json = jsonSchema()
  for (const step of place.split('.').filter((each) => each !== '')) {
    schema = at(schema, 'properties', step.replace('[]', '')) ?? {}
    if (step.endsWith('[]')) schema = at(schema, 'items') ?? {}
  }
  return schema
}

function propertiesOf(schema: Json): readonly (readonly [string, Json])[] {
  const properties = at(schema, 'properties')
  return isObject(properties) ? Object.entries(properties).map(([key, each]) => [key, each ?? {}]) : []
}

function typeOf(schema: Json): string {
  const choices = at(schema, 'anyOf')
  if (isArray(choices)) return choices.map(typeOf).join(' or ')
  const fixed = at(schema, 'const')
  if (fixed !== undefined) return `\`${JSON.stringify(fixed).replaceAll('"', '')}\``
  const words = at(schema, 'enum')
  if (isArray(words)) return words.map((word) => `\`${String(word)}\``).join(', ')
  const type = textAt(schema, 'type')
  if (type === 'array') return `list of ${typeOf(at(schema, 'items') ?? {}).replace(/^mapping$/, 'mappings')}`
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    integer: 'number',
    object: 'mapping',
    boolean: 'true or false',
  }
  return names[type ?? ''] ?? type ?? 'any'
}

/** Empty lists and mappings are the same as leaving the key out. */
function defaultOf(schema: Json): string {
  const value = at(schema, 'default')
  if (value === undefined || (isArray(value) && value.length === 0)) return '–'
  if (isObject(value)) return Object.keys(value).length === 0 ? '–' : `\`${JSON.stringify(value)}\``
  return typeof value === 'string' ? `\`${value}\`` : `\`${JSON.stringify(value)}\``
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(target, await configurationPage())
