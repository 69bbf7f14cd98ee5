import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { problemsOf } from '../../../src/core/model/errors.ts'
import { configMap, places, render } from './support.ts'

const app = { kind: 'kustomize', path: 'app' } as const
const failure = async (files: Record<string, string>) => {
  try {
    await render(files, app, { timeoutMs: 20_000 })
  } catch (error) {
    return problemsOf(error)
  }
  throw new Error('It was rendered.')
}

describe('kustomize', () => {
  test('an overlay whose base lies outside its folder; each object knows its file and line', async () => {
    const files = {
      'app/kustomization.yaml': `namePrefix: prod-
namespace: shop
resources: [../base, extra.yaml]
patches:
- patch: |
    - {op: add, path: /data/added, value: "1"}
  target: {kind: ConfigMap, name: two}
configMapGenerator:
- name: generated
  literals: [a=b]
`,
      'app/extra.yaml': configMap('extra'),
      'base/kustomization.yaml': 'resources: [all.yaml]\n',
      'base/all.yaml': `${configMap('one')}---\n# the second\n${configMap('two', '{x: "---"}')}`,
    }
    const manifests = await render(files, app)
    expect([...places(manifests)].sort()).toEqual([
      'ConfigMap prod-extra@app/extra.yaml:1',
      expect.stringMatching(/^ConfigMap prod-generated-\w+@app\/kustomization.yaml:9$/),
      'ConfigMap prod-one@base/all.yaml:1',
      'ConfigMap prod-two@base/all.yaml:8',
    ])
    expect(manifests.find(({ object }) => object.metadata.name === 'prod-two')?.object).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'prod-two', namespace: 'shop' },
      data: { x: '---', added: '1' },
    })
  })

  test('a field is found in the base, also where a patch or an image of the overlay has changed it', async () => {
    const base = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: web
`
    const files = {
      'app/kustomization.yaml': `resources: [../base]
images: [{name: web, newTag: "2"}]
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 3, template: {spec: {containers: [{name: added, image: x, tty: true}]}}}
`,
      'base/kustomization.yaml': 'resources: [all.yaml]\n',
      'base/all.yaml': `${configMap('one')}---\n${base}`,
    }
    const deployment = (await render(files, app)).find(({ object }) => object.kind === 'Deployment')
    const containers = ['spec', 'template', 'spec', 'containers'] as const
    const lineOf = (...field: (string | number)[]) => deployment?.locate?.(field)
    expect(deployment?.object).toMatchObject({
      spec: { replicas: 3, template: { spec: { containers: [{ name: 'added' }, { image: 'web:2' }] } } },
    })
    expect(lineOf('spec', 'replicas')).toEqual({ path: 'base/all.yaml', line: 11 })
    expect(lineOf(...containers, 1, 'image')?.line).toBe(16)
    expect(lineOf(...containers, 0, 'tty')?.line).toBe(14)
  })

  test('20,000 objects are refused at once, with the limit', async () => {
    const all = Array.from({ length: 20_000 }, (_, index) => configMap(`c${index}`))
    const started = performance.now()
    expect(
      await failure({ 'app/kustomization.yaml': 'resources: [a.yaml]\n', 'app/a.yaml': all.join('---\n') }),
    ).toEqual([
      {
        code: 'render-too-large',
        message: 'The render has more than 10,000 objects; the limit of one app is 10,000.',
        hint: 'Split the app into smaller ones.',
      },
    ])
    // Kustomize itself takes minutes.
    expect(performance.now() - started).toBeLessThan(15_000)
  })

  test('what the kustomization asks for itself is kept: its build metadata, and a patch that must find annotations', async () => {
    const files = {
      'app/kustomization.yaml': 'resources: [a.yaml]\nbuildMetadata: [managedByLabel, originAnnotations]\n',
      'app/a.yaml': configMap('a'),
    }
    const [object] = await render(files, app)
    expect(object?.object.metadata.labels?.['app.kubernetes.io/managed-by']).toMatch(/^kustomize-/)
    expect(object?.object.metadata.annotations).toEqual({ 'config.kubernetes.io/origin': 'path: a.yaml\n' })
    // This fails without annotations; asking kustomize for origins must not make it succeed.
    const patched = {
      'app/kustomization.yaml': `resources: [a.yaml]
patches:
- {patch: '[{op: add, path: /metadata/annotations/x, value: y}]', target: {kind: ConfigMap}}
`,
      'app/a.yaml': configMap('a'),
    }
    expect(await failure(patched)).toMatchObject([{ code: 'render-failed' }])
  })

  test('broken YAML among its files is named with its line', async () => {
    const files = {
      'app/kustomization.yaml': 'resources: [../base]\n',
      'base/kustomization.yaml': 'resources: [a.yaml]\n',
      'base/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a: b\n',
    }
    expect(await failure(files)).toMatchObject([{ code: 'yaml-invalid', source: { path: 'base/a.yaml', line: 4 } }])
  })

  test("kustomize's own complaint names the reference, and no path of this machine", async () => {
    const files = {
      'app/kustomization.yaml': 'namespace: a\nresources:\n- ok.yaml\n- bad.yaml\n',
      'app/ok.yaml': configMap('a'),
      'app/bad.yaml': configMap('a'),
    }
    const [problem] = await failure(files)
    expect(problem).toMatchObject({ code: 'render-failed', source: { path: 'app/kustomization.yaml', line: 4 } })
    expect(problem?.message).toContain('already registered id')
    expect(problem?.message).not.toMatch(/\/tmp|drydock-test/)
  })

  test('a missing resource, an unknown field and a folder without kustomization fail', async () => {
    expect(await failure({ 'app/kustomization.yaml': 'resources: [gone.yaml]\n' })).toMatchObject([
      { code: 'path-missing', source: { path: 'app/kustomization.yaml', line: 1 } },
    ])
    expect(await failure({ 'app/kustomization.yaml': 'resourcez: []\n' })).toMatchObject([
      { code: 'render-failed', message: expect.stringContaining('unknown field') },
    ])
    expect(await failure({ 'app/a.yaml': configMap('a') })).toMatchObject([{ code: 'render-failed' }])
  })
})

describe('attacks', () => {
  test('nothing is fetched, wherever the address stands', async () => {
    let asked = 0
    const server = createServer((_request, response) => {
      asked++
      response.end(configMap('remote'))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.yaml`
    const places = [
      `resources:\n- ${url}\n`,
      `resources:\n- a.yaml\npatches: [{path: "${url}"}]\n`,
      `resources:\n- a.yaml\nopenapi: {path: "${url}"}\n`,
      `resources:\n- a.yaml\ntransformers:\n- ${url}\n`,
      'resources:\n- a.yaml\ntransformers: [transformer.yaml]\n',
      'resources:\n- a.yaml\nbases: ["github.com/acme/base?ref=main"]\n',
      'resources:\n- a.yaml\ncomponents: ["git@github.com:acme/base"]\n',
      'resources:\n- a.yaml\nbases: ["file:///etc"]\n',
    ]
    const transformer = `apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\npath: ${url}\n`
    for (const text of [...places, `resources: [a.yaml]\ntransformers:\n- |\n${transformer.replaceAll(/^/gm, '  ')}`]) {
      const files = {
        'app/kustomization.yaml': text,
        'app/a.yaml': configMap('a'),
        'app/transformer.yaml': transformer,
      }
      const problems = await failure(files)
      expect(problems, text).toMatchObject([{ code: 'path-refused', source: { line: expect.any(Number) } }])
    }
    expect(asked).toBe(0)
  })

  test('files and folders outside the repository, helm and plugins are refused', async () => {
    const withText = (text: string) => failure({ 'app/kustomization.yaml': text, 'app/a.yaml': configMap('a') })
    expect(await withText('resources: [../../../etc]\n')).toMatchObject([{ code: 'path-refused' }])
    expect(await withText('configMapGenerator: [{name: a, files: [/etc/passwd]}]\n')).toMatchObject([
      { code: 'path-refused' },
    ])
    expect(
      await withText('helmCharts:\n- {name: x, repo: "https://x.y", releaseName: "--post-renderer=x"}\n'),
    ).toMatchObject([{ code: 'path-refused', source: { path: 'app/kustomization.yaml', line: 1 } }])
    const plugin = `generators:
- |
  apiVersion: v1
  kind: Run
  metadata:
    name: x
    annotations: {config.kubernetes.io/function: "exec: {path: ./run.sh}"}
`
    expect(await withText(plugin)).toMatchObject([{ code: 'render-failed' }])
    // A file beside the kustomization, in the repository: kustomize's own restriction.
    const beside = {
      'app/kustomization.yaml': 'configMapGenerator: [{name: a, files: [../secret.txt]}]\n',
      'secret.txt': 'x',
    }
    expect(await failure(beside)).toMatchObject([{ code: 'render-failed' }])
  })

  test('an alias bomb ends with an error', async () => {
    const levels = ['l0: &l0 [x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 10; level++) levels.push(`l${level}: &l${level} [${`*l${level - 1},`.repeat(9)}]`)
    const files = {
      'app/kustomization.yaml': 'resources: [a.yaml]\n',
      'app/a.yaml': `${configMap('a')}${levels.join('\n')}\n`,
    }
    const [problem] = await failure(files)
    expect(problem).toMatchObject({ code: 'render-too-large', source: { path: 'app/a.yaml' } })
  })
})
