import { readFile, stat } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { load } from 'js-yaml'
import { describe, expect, test } from 'vitest'
import { configurationPage } from '../../docs/generate.ts'
import { jsonSchema } from '../../src/core/config/json-schema.ts'
import { parseRepositoryConfig } from '../../src/core/config/repository.ts'
import { parseServerConfig } from '../../src/core/config/server.ts'
import { at, isArray, isObject, type Json } from '../../src/core/model/object.ts'
import { blocks, firstColumn, type Page, pages } from './pages.ts'

const all = await pages()
const page = (path: string): Page => all.find((each) => each.path === path) ?? { path, text: '' }
const guide = page('docs/guide.md')

/** Is made by hand from a running demo; the README may be read before it is there. */
const pending = ['docs/comment.png']

/** As GitHub makes anchors of headings. */
function anchors({ text }: Page): readonly string[] {
  return [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Keys of the schema that a value doesn't name, at any depth. */
function unnamed(schema: Json | undefined, values: readonly Json[], at_ = ''): readonly string[] {
  const properties = at(schema, 'properties')
  if (!isObject(properties)) return []
  return Object.entries(properties).flatMap(([key, each]) => {
    const inside = values.flatMap((value) => at(value, key) ?? [])
    if (inside.length === 0) return [`${at_}/${key}`]
    return [...unnamed(each, inside, `${at_}/${key}`), ...unnamed(at(each, 'items'), inside, `${at_}/${key}`)]
  })
}

describe('the reference of the configuration', () => {
  const reference = page('docs/configuration.md')

  test('is what the schema says: after a change, run `npx node docs/generate.ts`', async () => {
    expect(reference.text).toBe(await configurationPage())
  })

  test('has an example with every key', () => {
    const example = /<!-- every key -->\n```yaml\n([\s\S]*?)```/.exec(reference.text)?.[1] ?? ''
    // A template has the keys of an app, which the apps of the example show.
    const missing = unnamed(jsonSchema(), [load(example) as Json]).filter(
      (key) => !key.startsWith('/generate/template'),
    )
    expect(missing).toEqual([])
  })

  test('marks just the keys that have no effect', () => {
    const marked = reference.text.split('\n').filter((line) => line.includes('**No effect yet.**'))
    const names = marked.map((line) => /`(\w+)`/.exec(line)?.[1])
    expect(names).toContain('policies')
    expect(names).toContain('createNamespace')
    for (const acted of ['ignore', 'sync', 'windows', 'dependsOn', 'health', 'onFailure'])
      expect(names).not.toContain(acted)
  })
})

describe('examples', () => {
  const examples = all.flatMap((each) =>
    blocks(each, 'yaml').map((text) => ({ path: each.path, first: text.split('\n')[0], text })),
  )

  test('there are some of both kinds', () => {
    expect(examples.some(({ text }) => text.includes('clusters:'))).toBe(true)
    expect(examples.filter(({ text }) => text.includes('version: 1')).length).toBeGreaterThan(2)
  })

  test.each(examples)('in $path are read without an error: $first', ({ text, path }) => {
    const value = load(text) as Json
    if (isObject(value) && 'clusters' in value)
      expect(Object.keys(parseServerConfig(text, path).clusters)).not.toEqual([])
    else expect(parseRepositoryConfig(text, path, ['teams/web/staging']).apps).not.toEqual([])
  })

  test("the example of a server's configuration is one", async () => {
    const text = await readFile('deploy/drydock-server.yaml', 'utf8')
    expect(parseServerConfig(text, 'deploy/drydock-server.yaml').clusters).toHaveProperty('default')
  })
})

describe('the guide', () => {
  test('has a line for each code of an error, and for no other', async () => {
    const source = await readFile('src/core/model/errors.ts', 'utf8')
    const union = /type ErrorCode =([\s\S]*?)\n\n/.exec(source)?.[1] ?? ''
    const codes = [...union.matchAll(/'([a-z-]+)'/g)].map((match) => match[1] ?? '')
    const section = guide.text.slice(guide.text.indexOf('| Code | Cause'))
    expect(codes.length).toBeGreaterThan(20)
    expect(firstColumn({ path: '', text: section })).toEqual(codes)
  })

  test('names every variable of the environment that is read; .env.example has those of the server', async () => {
    const read = async (path: string) => (await readFile(path, 'utf8')).matchAll(/\benv\.([A-Z][A-Z_]+)/g)
    const server = [...(await read('src/serve.ts'))].map((match) => match[1] ?? '')
    const others = [
      ...(await read('src/main.ts')),
      ...(await read('src/play-demo.ts')),
      ...(await read('src/entry/cli/terminal.ts')),
    ].map((match) => match[1] ?? '')
    const required = [...(await readFile('src/serve.ts', 'utf8')).matchAll(/required\(env, '(\w+)'\)/g)].map(
      (match) => match[1] ?? '',
    )
    const example = await readFile('.env.example', 'utf8')
    const inGuide = (name: string) => guide.text.includes(`\`${name}\``)
    expect([...server, ...others, ...required].filter((name) => !inGuide(name))).toEqual([])
    const settings = [...server, ...required].filter((name) => name !== 'PATH')
    expect(settings.filter((name) => !new RegExp(`^#?${name}=`, 'm').test(example))).toEqual([])
  })

  test('asks for the permissions and events of app.yml', async () => {
    const app = load(await readFile('app.yml', 'utf8')) as Json
    const wanted = at(app, 'default_permissions')
    const rows = [...guide.text.matchAll(/^\s*\| `(\w+)` \| (read|write) \|/gm)].map((match) => [match[1], match[2]])
    expect(Object.fromEntries(rows)).toEqual(wanted)
    const events = at(app, 'default_events')
    const line = guide.text.split('\n').find((each) => each.startsWith('- **Events**')) ?? ''
    expect([...line.matchAll(/`(\w+)`/g)].map((match) => match[1])).toEqual(isArray(events) ? events : [])
  })
})

describe('references', () => {
  test.each(all)('of $path lead somewhere', async ({ path, text }) => {
    const prose = text.replace(/^```[\s\S]*?^```$/gm, '')
    const broken: string[] = []
    for (const [, link = ''] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : normalize(join(dirname(path), file))
      if (pending.includes(target)) continue
      if (!(await exists(target))) broken.push(link)
      else if (anchor !== undefined && !anchors(page(target)).includes(anchor)) broken.push(link)
    }
    // Files of the repository that are named in running text.
    for (const [, file = ''] of prose.matchAll(/`((?:src|test|docs|deploy|bin|examples)\/[\w./-]+)`/g)) {
      if (!(await exists(file))) broken.push(file)
    }
    expect(broken).toEqual([])
  })

  test.each(all)('of $path name no file of one machine', ({ text }) => {
    expect(text.match(/\/(?:root|work|tmp|Users)\/\S*/g) ?? []).toEqual([])
  })
})
