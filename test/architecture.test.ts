import { glob, readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

type Import = { readonly from: string; readonly to: string; readonly typeOnly: boolean }

const pattern = /(?:import|export)\s+(type\s+)?(?:[^'"]*?\s+from\s+)?'([^']+)'|import\('([^']+)'\)/g

const files: string[] = []
for await (const file of glob('src/**/*.ts')) files.push(file)

const imports: Import[] = []
for (const from of files) {
  const text = (await readFile(from, 'utf8')).replace(/\/\*[\s\S]*?\*\//g, '')
  for (const match of text.matchAll(pattern)) {
    const target = match[2] ?? match[3] ?? ''
    const to = target.startsWith('.') ? normalize(join(dirname(from), target)) : target
    imports.push({ from, to, typeOnly: match[1] !== undefined })
  }
}

/** `src/adapters/git/mirror.ts` → `adapters/git`, `src/main.ts` → `root`. */
function area(file: string): string {
  const [, top = '', second = ''] = file.split('/')
  if (top.endsWith('.ts')) return 'root'
  return top === 'adapters' || top === 'entry' ? `${top}/${second}` : top
}

function broken(applies: (file: string) => boolean, allowed: (each: Import) => boolean): readonly string[] {
  return imports.filter((each) => applies(each.from) && !allowed(each)).map(({ from, to }) => `${from} imports ${to}`)
}

const isLibrary = (to: string) => !to.startsWith('src/')

test('core imports core and nothing that does I/O', () => {
  const pure = ['js-yaml', 'diff', 'zod', 'picomatch', 'croner', '@marcbachmann/cel-js', 'node:crypto', 'node:zlib']
  expect(
    broken(
      (file) => area(file) === 'core',
      ({ to }) => area(to) === 'core' || pure.includes(to),
    ),
  ).toEqual([])
})

test('core reads no clock, no environment and no randomness', async () => {
  const found: string[] = []
  for (const file of files.filter((each) => area(each) === 'core')) {
    const text = await readFile(file, 'utf8')
    if (/\bDate\.now\(|new Date\(\)|process\.|Math\.random|performance\./.test(text)) found.push(file)
  }
  expect(found).toEqual([])
})

test('flows import core and flows', () => {
  const allowed = ({ to }: Import) =>
    isLibrary(to)
      ? !/octokit|probot|kubernetes|kysely|pg|node:fs|node:child/.test(to)
      : ['core', 'flows'].includes(area(to))
  expect(broken((file) => area(file) === 'flows', allowed)).toEqual([])
})

test('adapters import core, the ports and themselves, never each other', () => {
  const allowed = ({ from, to }: Import) =>
    isLibrary(to) ||
    area(to) === 'core' ||
    ['src/flows/ports.ts', 'src/flows/records.ts', 'src/flows/state-ports.ts'].includes(to) ||
    area(to) === area(from)
  expect(broken((file) => file.startsWith('src/adapters/'), allowed)).toEqual([])
})

test('entries import flows, core and themselves', () => {
  const allowed = ({ from, to }: Import) =>
    isLibrary(to) || ['core', 'flows'].includes(area(to)) || area(to) === area(from)
  expect(broken((file) => file.startsWith('src/entry/'), allowed)).toEqual([])
})

test('only the files at the root read the environment; a child process inherits PATH in one more place each', async () => {
  const found: string[] = []
  const children = ['src/adapters/git/environment.ts', 'src/entry/demo/github/git.ts']
  for (const file of files.filter((each) => area(each) !== 'root' && !children.includes(each))) {
    if (/process\.env/.test(await readFile(file, 'utf8'))) found.push(file)
  }
  expect(found).toEqual([])
})

test('no cycles among value imports', () => {
  const edges = new Map<string, string[]>()
  for (const { from, to, typeOnly } of imports) {
    if (!typeOnly && !isLibrary(to)) edges.set(from, [...(edges.get(from) ?? []), to])
  }
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (done.has(file) || path.includes(file)) return
    for (const next of edges.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  expect(cycles).toEqual([])
})
