import { describe, expect, test } from 'vitest'
import { localRepository } from '../../../src/adapters/git/local.ts'
import { createRenderer } from '../../../src/adapters/render/renderer.ts'
import { scratchIn } from '../../../src/adapters/render/scratch.ts'
import type { App } from '../../../src/core/model/app.ts'
import { problemsOf } from '../../../src/core/model/errors.ts'
import type { Renderer } from '../../../src/flows/ports.ts'
import { renderApp } from '../../../src/flows/render/render-app.ts'
import { createRenderCache } from '../../../src/flows/render/render-cache.ts'
import { mayReadClock, renderTwice } from '../../../src/flows/render/render-twice.ts'
import type { Workshop } from '../../../src/flows/world.ts'
import { testRepository } from '../../adapters/git/support.ts'
import { appOf } from '../../core/plan/facts.ts'

/** Where the npm package has no program for this machine, one of its path is used. */
const path = process.platform === 'linux' && process.arch === 'x64' ? '' : (process.env.PATH ?? '')
const chart = (name: string): string => `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`
const secret = (value: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: {{ .Release.Namespace }}\nstringData:\n  user: shop\n  password: ${value}\n`
const configMap = (name: string, value = 'x'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  a: ${value}\n`

/** An app in a repository of its own, rendered by the real programs. */
function shop(files: Record<string, string>, more: Partial<App> = {}) {
  const source = testRepository()
  let commit = source.commit(files)
  const renderer = createRenderer({ path })
  const runs: { start: number; end: number }[] = []
  const counting: Renderer = async (request) => {
    const run = { start: Date.now(), end: 0 }
    runs.push(run)
    try {
      return await renderer(request)
    } finally {
      run.end = Date.now()
    }
  }
  const workshop = {
    renders: createRenderCache(),
    scratch: scratchIn(undefined),
    renderer: counting,
    clock: { now: () => new Date() },
  } as Partial<Workshop> as Workshop
  const app = appOf({ name: 'app', path: 'app', namespace: 'shop', render: 'auto', ...more })
  const repository = localRepository(`${source.folder}/.git`)
  return {
    runs,
    change: (changed: Record<string, string>) => {
      commit = source.commit(changed)
    },
    render: () => renderApp(workshop, repository, commit, app),
    problems: () =>
      renderApp(workshop, repository, commit, app).then(() => {
        throw new Error('It was rendered.')
      }, problemsOf),
  }
}

describe('a chart that is not the same each time', () => {
  test.each([
    ['a password', '{{ randAlphaNum 20 | quote }}'],
    ['an id', '{{ uuidv4 }}'],
    ['a certificate', '{{ (genSelfSignedCert "shop" nil nil 30).Cert | quote }}'],
    ['a salted hash', '{{ htpasswd "ann" "canary" | quote }}'],
  ])('%s: the object and the field are named at their line, without the value', async (_name, value) => {
    const { problems } = shop({
      'app/Chart.yaml': chart('shop'),
      'app/templates/db.yaml': `# database\n${secret(value)}`,
      'app/templates/fine.yaml': configMap('fine'),
    })
    const found = await problems()
    expect(found).toEqual([
      {
        code: 'render-unstable',
        message: 'Secret shop/db is rendered differently each time (field /stringData/password).',
        source: { path: 'app/templates/db.yaml', line: 9 },
        hint: expect.stringContaining('values.yaml'),
      },
    ])
    expect(JSON.stringify(found)).not.toMatch(/canary|BEGIN/)
  })

  test('every object is named: what carries a checksum of it, and what has a new name each time', async () => {
    const { problems } = shop({
      'app/Chart.yaml': chart('shop'),
      'app/templates/db.yaml': secret('{{ randAlphaNum 20 }}'),
      'app/templates/job.yaml': configMap('migrate-{{ randAlpha 8 | lower }}'),
      'app/charts/sub/Chart.yaml': chart('sub'),
      'app/charts/sub/templates/b.yaml': configMap('sub', '{{ randBytes 16 | sha256sum }}'),
    })
    const found = await problems()
    expect(found.map((each) => each.source).sort((a, b) => (String(a?.path) < String(b?.path) ? -1 : 1))).toEqual([
      { path: 'app/charts/sub/templates/b.yaml', line: 6 },
      { path: 'app/templates/db.yaml', line: 8 },
      { path: 'app/templates/job.yaml', line: 1 },
    ])
    expect(found.map((each) => each.message).join('\n')).toMatch(/ConfigMap migrate-[a-z]{8} is in only one of two/)
  })

  test('a time is seen to go on: the second render is in a later second', async () => {
    const { problems, runs } = shop({
      'app/Chart.yaml': chart('shop'),
      'app/templates/a.yaml': configMap('a', '{{ now | date "2006-01-02T15:04:05" | quote }}'),
    })
    expect(await problems()).toMatchObject([
      { code: 'render-unstable', message: 'ConfigMap a is rendered differently each time (field /data/a).' },
    ])
    const [one, two] = runs
    expect(Math.floor((two?.start ?? 0) / 1000)).toBeGreaterThan(Math.floor((one?.end ?? 0) / 1000))
  })

  test('a time in values that are used as a template, or in a chart beside it', async () => {
    const values = shop(
      { 'app/Chart.yaml': chart('shop'), 'app/templates/a.yaml': configMap('a', '{{ tpl .Values.at . | quote }}') },
      { helm: { values: { at: '{{ now | unixEpoch }}' } } },
    )
    expect(await values.problems()).toMatchObject([{ code: 'render-unstable' }])
    const beside = shop({
      'app/Chart.yaml': `${chart('shop')}dependencies:\n- {name: lib, version: 1.x, repository: "file://../lib"}\n`,
      'lib/Chart.yaml': chart('lib'),
      'lib/templates/b.yaml': configMap('b', '{{ now | unixEpoch | quote }}'),
    })
    expect(await beside.problems()).toMatchObject([
      { code: 'render-unstable', source: { path: 'lib/templates/b.yaml', line: 6 } },
    ])
  })
})

describe('a chart that is the same each time', () => {
  test('is rendered twice at once, and then taken from memory until a file changes', async () => {
    const { render, runs, change } = shop({
      'app/Chart.yaml': chart('shop'),
      'app/values.yaml': 'host: {}\n',
      'app/templates/a.yaml': configMap('a', '{{ derivePassword 1 "long" "canary" "ann" "shop" | quote }}'),
      'README.md': '',
    })
    const first = await render()
    expect(first.manifests).toHaveLength(1)
    expect(runs).toHaveLength(2)
    const [one, two] = runs
    // The second one didn't wait for the first.
    expect(two?.start).toBeLessThan(one?.end ?? 0)
    expect((await render()).digest).toBe(first.digest)
    change({ 'README.md': 'new' })
    await render()
    expect(runs).toHaveLength(2)
    change({ 'app/values.yaml': 'host: other\n' })
    await render()
    expect(runs).toHaveLength(4)
  })

  test('a date without a time is the same today', async () => {
    const { render } = shop({
      'app/Chart.yaml': chart('shop'),
      'app/templates/a.yaml': configMap('a', '{{ now | date "2006" | quote }}'),
    })
    expect((await render()).manifests).toHaveLength(1)
  })

  test('a broken chart is told of once', async () => {
    const { problems } = shop({
      'app/Chart.yaml': chart('shop'),
      'app/templates/a.yaml': '\n{{ fail (randAlpha 8) }}',
    })
    expect(await problems()).toMatchObject([
      { code: 'render-failed', source: { path: 'app/templates/a.yaml', line: 2 } },
    ])
  })
})

describe('whether the time matters', () => {
  const asks = async (files: Record<string, string>, values?: App['helm']) => {
    const source = testRepository()
    const commit = source.commit({ 'app/Chart.yaml': chart('shop'), 'now.yaml': '{{ now }}', ...files })
    return mayReadClock(localRepository(`${source.folder}/.git`), commit, ['app', 'prod.yaml'], values?.values)
  }

  test('is told by all that the chart reads; a packed chart may always ask', async () => {
    expect(await asks({ 'app/templates/a.yaml': '{{ .Values.now }}', 'prod.yaml': 'a: now\n' })).toBe(false)
    expect(await asks({ 'app/charts/sub/templates/_a.tpl': '{{ now }}' })).toBe(true)
    expect(await asks({ 'prod.yaml': 'a: "{{ now }}"\n' })).toBe(true)
    expect(await asks({ 'app/charts/sub-1.0.0.tgz': '' })).toBe(true)
    expect(await asks({}, { values: { a: ['{{ now }}'] } })).toBe(true)
  })

  test('a render that fails ends the other one', async () => {
    const broken = new Error('broken')
    let calls = 0
    const render = async (signal: AbortSignal) => {
      calls += 1
      if (calls === 1) throw broken
      await new Promise((_, reject) => {
        if (signal.aborted) reject(signal.reason)
        signal.addEventListener('abort', () => reject(signal.reason))
      })
      return []
    }
    await expect(renderTwice(render, async () => false, { now: () => new Date(0) })).rejects.toBe(broken)
  })

  test('being told to stop ends the wait', async () => {
    const stop = new AbortController()
    const render = async () => {
      setImmediate(() => stop.abort(new Error('stopped')))
      return []
    }
    const clock = { now: () => new Date(0) }
    await expect(renderTwice(render, async () => true, clock, stop.signal)).rejects.toMatchObject({
      name: 'AbortError',
    })
  })
})

test('plain files and kustomizations are rendered once: nothing in them can be random', async () => {
  const plain = shop({ 'app/a.yaml': configMap('a') })
  await plain.render()
  expect(plain.runs).toHaveLength(1)
  const kustomize = shop({
    'app/kustomization.yaml': 'resources: [a.yaml]\nconfigMapGenerator:\n- name: g\n  literals: [a=b]\n',
    'app/a.yaml': configMap('a'),
  })
  await kustomize.render()
  expect(kustomize.runs).toHaveLength(1)
})

test('a chart of 20,000 objects is refused, with the limit', async () => {
  const { problems } = shop({
    'app/Chart.yaml': chart('shop'),
    'app/templates/a.yaml': `{{ range $i := until 20000 }}\n---\n${configMap('c{{ $i }}')}{{ end }}`,
  })
  expect(await problems()).toEqual([
    {
      code: 'render-too-large',
      message: 'The render has more than 10,000 objects; the limit of one app is 10,000.',
      hint: 'Split the app into smaller ones.',
    },
  ])
})
