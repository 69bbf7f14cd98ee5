import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { problemsOf } from '../../../src/core/model/errors.ts'
import type { RenderRequest } from '../../../src/flows/ports.ts'
import { configMap, places, render } from './support.ts'

const app = { kind: 'helm', path: 'app' } as const
const chart = (name: string, dependencies = ''): string =>
  `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n${dependencies && `dependencies:\n${dependencies}`}`
const dependency = (name: string, repository: string): string =>
  `- {name: ${name}, version: 1.x, repository: "${repository}"}\n`

const failure = async (files: Record<string, string>, more: Partial<RenderRequest> = {}, timeoutMs = 20_000) => {
  try {
    await render({ 'app/Chart.yaml': chart('shop'), ...files }, { ...app, ...more }, { timeoutMs })
  } catch (error) {
    return problemsOf(error)
  }
  throw new Error('It was rendered.')
}

describe('helm', () => {
  test('templates, CRDs and subcharts; each object knows its file and line', async () => {
    const files = {
      'app/Chart.yaml': chart('shop'),
      'app/crds/crd.yaml': 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: c}\n',
      'app/templates/_helpers.tpl': '{{ define "name" }}{{ .Release.Name }}{{ end }}',
      'app/templates/a.yaml': `{{- if true }}\n# first\n${configMap('{{ include "name" . }}-one')}---\n${configMap('{{ include "name" . }}-two')}{{- end }}\n`,
      'app/charts/sub/Chart.yaml': chart('sub'),
      'app/charts/sub/templates/b.yaml': `\n${configMap('sub')}`,
      'app/templates/tests/test.yaml': configMap('test').replace(
        '\ndata',
        '\n  annotations: {helm.sh/hook: test}\ndata',
      ),
    }
    const found = places(await render(files, { ...app, helm: { releaseName: 'prod' } }))
    expect([...found].sort()).toEqual([
      'ConfigMap prod-one@app/templates/a.yaml:3',
      'ConfigMap prod-two@app/templates/a.yaml:9',
      'ConfigMap sub@app/charts/sub/templates/b.yaml:2',
      'CustomResourceDefinition c@app/crds/crd.yaml:1',
    ])
  })

  test('values, value files outside the chart, namespace, and what the cluster is', async () => {
    const template = configMap(
      '{{ .Release.Name }}',
      `
  namespace: {{ .Release.Namespace }}
  version: {{ .Capabilities.KubeVersion.Version }}
  has: {{ .Capabilities.APIVersions.Has "example.com/v1/Widget" | quote }}
  lacks: {{ .Capabilities.APIVersions.Has "example.com/v2" | quote }}
  values: {{ list .Values.a .Values.b .Values.c | toJson | quote }}
`,
    )
    const files = {
      'app/Chart.yaml': chart('shop'),
      'app/values.yaml': 'a: 1\nb: 1\nc: 1\n',
      'values/prod.yaml': 'b: 2\nc: 2\n',
      'app/templates/a.yaml': template,
    }
    const [object] = await render(files, {
      ...app,
      namespace: 'shop',
      kubeVersion: 'v1.33.7',
      apiVersions: ['example.com/v1', 'example.com/v1/Widget', ...Array.from({ length: 900 }, (_, n) => `x${n}.io/v1`)],
      helm: { valueFiles: ['../values/prod.yaml'], values: { c: 9007199254740991 } },
    })
    expect(object?.object).toMatchObject({
      metadata: { name: 'app' },
      data: { namespace: 'shop', version: 'v1.33.7', has: 'true', lacks: 'false', values: '[1,2,9007199254740991]' },
    })
  })

  test('charts beside it are used without the network, recursively, with their own places', async () => {
    const files = {
      'app/Chart.yaml': chart('shop', dependency('lib', 'file://../libs/lib')),
      'app/templates/a.yaml': configMap('a'),
      'libs/lib/Chart.yaml': chart('lib', dependency('base', 'file://../base')),
      'libs/lib/templates/b.yaml': `# lib\n${configMap('b')}`,
      'libs/base/Chart.yaml': chart('base'),
      'libs/base/templates/c.yaml': `\n\n${configMap('c')}`,
    }
    expect([...places(await render(files, app))].sort()).toEqual([
      'ConfigMap a@app/templates/a.yaml:1',
      'ConfigMap b@libs/lib/templates/b.yaml:2',
      'ConfigMap c@libs/base/templates/c.yaml:3',
    ])
  })

  test.each([
    ['{{ .Values.x.y }}', 1, 'nil pointer'],
    ['\n{{ nofunction }}', 2, 'not defined'],
    ['\n\n{{ fail "because" }}', 3, 'because'],
    ['{{ required "set q" .Values.q }}', 1, 'set q'],
    ['a: b: c\n', 1, 'YAML parse error'],
    ['{{ if }}', 1, 'missing value'],
  ])('an error in a template has its file and line: %s', async (template, line, message) => {
    const [problem] = await failure({ 'app/templates/a.yaml': template })
    expect(problem).toMatchObject({ code: 'render-failed', source: { path: 'app/templates/a.yaml', line } })
    expect(problem?.message).toContain(message)
    expect(problem?.message).not.toMatch(/\/tmp|drydock-/)
  })

  test('values that the schema refuses', async () => {
    const schema = '{"properties": {"replicas": {"type": "integer"}}}'
    const [problem] = await failure({ 'app/values.schema.json': schema, 'app/values.yaml': 'replicas: many\n' })
    expect(problem).toMatchObject({ code: 'render-failed', message: expect.stringContaining('/replicas') })
  })
})

describe('attacks', () => {
  test('a release name, namespace or value file can never be an option or an address', async () => {
    const names = ['--post-renderer=/bin/id', '-f', 'a b', 'a\nb', 'A', '../x', 'x'.repeat(54), '']
    for (const releaseName of names)
      expect(await failure({}, { helm: { releaseName } })).toMatchObject([{ code: 'config-invalid' }])
    for (const namespace of ['--debug', 'a\nb', 'a,b']) {
      expect(await failure({}, { namespace })).toMatchObject([{ code: 'config-invalid' }])
    }
    for (const file of ['https://example.com/v.yaml', '../../x.yaml', '/etc/passwd', 'a.yaml,/etc/passwd', '-']) {
      const [problem] = await failure({}, { helm: { valueFiles: [file] } })
      expect(problem?.code, file).toMatch(/^path-(refused|missing)$/)
    }
    // An odd version of the cluster is left out, not passed on.
    const [object] = await render(
      { 'app/Chart.yaml': chart('shop'), 'app/templates/a.yaml': configMap('a') },
      { ...app, kubeVersion: '--debug', apiVersions: ['--set=a=b', 'a,b'] },
    )
    expect(object?.object.metadata.name).toBe('a')
  })

  test('a chart that is not here is named with its line, and never fetched', async () => {
    let asked = 0
    const server = createServer((_request, response) => {
      asked++
      response.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await failure({ 'app/Chart.yaml': chart('shop', dependency('redis', url)) })).toMatchObject([
      { code: 'render-failed', source: { path: 'app/Chart.yaml', line: 5 }, hint: expect.stringContaining('commit') },
    ])
    const remoteSchema = { 'app/values.schema.json': `{\n"$ref": "${url}/x"}`, 'app/values.yaml': 'a: 1\n' }
    expect(await failure(remoteSchema)).toMatchObject([
      { code: 'path-refused', source: { path: 'app/values.schema.json', line: 2 } },
    ])
    expect(await failure({ 'app/values.schema.json': '{"a": {"$ref": "file:///dev/zero"}}' })).toMatchObject([
      { code: 'path-refused' },
    ])
    expect(asked).toBe(0)
  })

  test('charts that need each other, or one outside the repository, are refused', async () => {
    const loop = {
      'app/Chart.yaml': chart('shop', dependency('lib', 'file://../lib')),
      'lib/Chart.yaml': chart('lib', dependency('shop', 'file://../app')),
    }
    expect(await failure(loop)).toMatchObject([{ code: 'render-failed', message: expect.stringContaining('itself') }])
    const outside = { 'app/Chart.yaml': chart('shop', dependency('x', 'file://../../x')) }
    expect(await failure(outside)).toMatchObject([{ code: 'path-refused' }])
  })

  test('templates that never end, or write without end, are stopped', async () => {
    const endless = '{{ range $i := until 2000000000 }}{{ end }}'
    const [slow] = await failure({ 'app/templates/a.yaml': endless }, {}, 3_000)
    expect(slow?.code).toMatch(/^render-(timeout|failed)$/)
    const [large] = await failure({ 'app/templates/a.yaml': `x: {{ repeat 2000000000 "x" }}` })
    expect(large?.code).toMatch(/^render-(too-large|failed|timeout)$/)
    const [deep] = await failure({
      'app/templates/_a.tpl': '{{ define "a" }}{{ include "a" . }}{{ end }}',
      'app/templates/a.yaml': '{{ include "a" . }}',
    })
    expect(deep).toMatchObject({ code: 'render-failed' })
  })

  test('a template reads neither the environment, nor files outside the chart, nor the cluster, nor names', async () => {
    const files = {
      'app/Chart.yaml': chart('shop'),
      'secret.txt': 'canary',
      'app/templates/a.yaml': configMap(
        'a',
        `
  file: {{ .Files.Get "../secret.txt" | quote }}
  passwd: {{ .Files.Get "/etc/passwd" | quote }}
  live: {{ lookup "v1" "Secret" "default" "x" | toJson | quote }}
  host: {{ getHostByName "localhost" | quote }}
`,
      ),
    }
    const [object] = await render(files, app)
    expect(object?.object.data).toEqual({ file: '', passwd: '', live: '{}', host: '' })
    expect(await failure({ 'app/templates/a.yaml': '{{ env "PATH" }}' })).toMatchObject([{ code: 'render-failed' }])
  })
})
