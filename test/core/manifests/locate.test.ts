import { describe, expect, test } from 'vitest'
import { resolveIdentities } from '../../../src/core/manifests/identities.ts'
import { type ManifestText, readManifests } from '../../../src/core/manifests/read.ts'
import type { Manifest } from '../../../src/core/model/manifest.ts'

function only(text: ManifestText, index = 0): Manifest {
  const { manifests, problems } = readManifests([text])
  expect(problems).toEqual([])
  const manifest = manifests[index]
  if (!manifest) throw new Error('no such object')
  return manifest
}

const lines = (manifest: Manifest, ...fields: readonly (readonly (string | number)[])[]) =>
  fields.map((field) => manifest.locate?.(field).line)

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  # how many
  replicas: 3
  template:
    metadata:
      labels:
        "app.kubernetes.io/name": web
    spec:
      containers:
      - name: web
        image: web:1
        env:
        - name: A
          value: "1"
        - name: B
          value: "2"

      - image: sidecar:1
        name: sidecar
        ports:
          - containerPort: 80
      volumes: []
`
const containers = ['spec', 'template', 'spec', 'containers'] as const
const fields = [
  ['spec', 'replicas'],
  ['spec', 'template', 'metadata', 'labels', 'app.kubernetes.io/name'],
  [...containers, 0, 'image'],
  [...containers, 0, 'env', 1, 'value'],
  [...containers, 1],
  [...containers, 1, 'image'],
  [...containers, 1, 'ports', 0, 'containerPort'],
  ['metadata', 'labels', 'app'],
]
const places = [8, 12, 16, 21, 23, 23, 26, 5]

describe('a field of a file', () => {
  test('has its line; one that is not written has the line of what holds it', () => {
    const manifest = only({ path: 'web.yaml', text: `# head\n---\n---\n${deployment}`, exact: true })
    expect(lines(manifest, ...fields)).toEqual(places.map((line) => line + 3))
    expect(manifest.locate?.([...containers, 0, 'resources', 'limits'])).toEqual({ path: 'web.yaml', line: 18 })
    expect(lines(manifest, [], ['status', 'x'], [...containers, 7])).toEqual([4, 4, 17])
  })

  test('also in a list, in JSON, and after the object got its namespace', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: b\n  data:\n    x: "1"\n`
    const second = only({ path: 'a.yaml', text: list, exact: true }, 1)
    expect(lines(second, ['data', 'x'], ['metadata', 'namespace'], ['spec'])).toEqual([12, 9, 7])
    const json = `{"apiVersion": "v1", "kind": "ConfigMap",\n"metadata": {"name": "a"},\n"data": {\n"x": "1"}}`
    const info = { apiVersion: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true, verbs: [] }
    const kinds = { all: [info], find: () => info, unavailable: [] }
    const [placed] = resolveIdentities([only({ path: 'a.json', text: json, exact: true })], kinds, 'shop').manifests
    expect(placed?.object.metadata.namespace).toBe('shop')
    expect(placed?.locate?.(['data', 'x'])).toEqual({ path: 'a.json', line: 4 })
  })

  test("a Secret's data is found in its stringData", () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  k: eA==\nstringData:\n  p: x\n'
    const manifest = only({ path: 'a.yaml', text, exact: true })
    expect(lines(manifest, ['data', 'p'], ['data', 'k'], ['data'])).toEqual([7, 5, 4])
  })
})

describe('a field of what was rendered from a file', () => {
  const rendered = (original: string, text = deployment, index = 0) =>
    only({ path: 'base/web.yaml', text, exact: false, original }, index)

  test('has its line there, by indentation', () => {
    const other = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  replicas: 1\n---\n'
    expect(lines(rendered(`${other}${deployment}`), ...fields)).toEqual(places.map((line) => line + 7))
    expect(rendered(deployment).locate?.(['spec', 'replicas'])).toEqual({ path: 'base/web.yaml', line: 8 })
  })

  test('in a template, whose actions are passed over', () => {
    const template = `{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "shop.name" . }}
spec:
  {{- if not .Values.autoscaling }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  template:
    metadata:
      labels:
{{ include "shop.labels" . | indent 8 }}
    spec:
      containers:
        # the app
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image }}:{{ .Values.tag }}"
{{- range .Values.sidecars }}
        - name: sidecar
          image: {{ .image }}
          {{- with .ports }}
          ports: {{ toYaml . | nindent 12 }}
          {{- end }}
{{- end }}
{{- end }}
`
    expect(lines(rendered(template), ...fields)).toEqual([8, 12, 18, 17, 20, 21, 23, 4])
  })

  test('an item is found by its name where a patch has moved it, and not at all where a patch put it in', () => {
    const base =
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: a\n    image: a\n  - name: b\n    image: b\n'
    const pod = base.replace('  containers:\n', '  containers:\n  - name: new\n    image: n\n')
    const manifest = rendered(base, pod)
    const image = (index: number) => ['spec', 'containers', index, 'image']
    expect(lines(manifest, image(0), image(1), image(2))).toEqual([6, 8, 10])
  })

  test('in a list, and not in the item after it', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata:\n      name: a\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata:\n      name: b\n    data:\n      x: "1"\n`
    const text = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {x: "1"}\n`
    expect(lines(rendered(list, text('b')), ['data', 'x'], ['metadata', 'name'])).toEqual([13, 11])
    expect(lines(rendered(list, text('a')), ['data', 'x'])).toEqual([4])
  })

  test('text that looks like keys is not taken for them', () => {
    const text =
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  script: |\n    spec:\n    x: 1\n  x: "2"\n'
    expect(lines(rendered(text, text), ['data', 'x'], ['spec'], ['data', 'script'])).toEqual([9, 1, 6])
  })

  test('is where the object is, when the file has none of this kind or is not known', () => {
    const generator = 'configMapGenerator:\n- name: web\n  literals: [data=1]\n'
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-5h2k}\ndata: {name: x}\n'
    expect(lines(rendered(generator, text), ['data', 'name'])).toEqual([2])
    const unknown = only({ path: 'Chart.yaml', text, exact: false })
    expect(unknown.locate?.(['data', 'name'])).toEqual({ path: 'Chart.yaml', line: 1 })
  })
})
