import { describe, expect, test } from 'vitest'
import { renderInputs, touches } from '../../../src/core/manifests/inputs.ts'
import type { HelmSettings } from '../../../src/core/model/app.ts'

/** The inputs of an app in a repository that holds these files. */
function inputs(files: Record<string, string>, path: string, helm?: HelmSettings): Promise<readonly string[]> {
  const paths = Object.keys(files)
  return renderInputs(
    { path, render: 'auto', ...(helm ? { helm } : {}) },
    async (file) => files[file],
    async (folder) => paths.filter((each) => folder === '.' || each.startsWith(`${folder}/`)),
  )
}

describe('kustomize', () => {
  const repository = {
    'apps/shop/prod/kustomization.yaml': `resources:
- ../base
- extra.yaml
- https://example.com/remote.yaml
- github.com/acme/base?ref=v1
components: [../../../components/tls]
patches:
- path: patch.yaml
- patch: |
    - op: remove
      path: /spec
patchesStrategicMerge:
- |
  apiVersion: v1
- old-patch.yaml
configMapGenerator:
- name: a
  files: [settings.ini, other=files/two.ini]
  envs: [a.env]
secretGenerator:
- name: s
  env: s.env
transformers: [transformer.yaml]
replacements: [{path: replacement.yaml}]
crds: [crd.json]
openapi: {path: schema.json}
configurations: [names.yaml]
`,
    'apps/shop/base/kustomization.yml': 'resources: [web.yaml, ../prod/shared]\n',
    'apps/shop/base/web.yaml': '',
    'apps/shop/base/unused.yaml': '',
    'apps/shop/prod/shared/Kustomization': 'resources: []\n',
    'components/tls/kustomization.yaml': 'kind: Component\n',
    'apps/shop/prod/transformer.yaml': 'kind: PatchTransformer\npath: named-by-transformer.yaml\n',
    ...Object.fromEntries(
      'extra.yaml patch.yaml old-patch.yaml settings.ini files/two.ini a.env s.env replacement.yaml crd.json schema.json names.yaml named-by-transformer.yaml unused.yaml'
        .split(' ')
        .map((name) => [`apps/shop/prod/${name}`, '']),
    ),
  }

  test('everything that the kustomization refers to, also outside its folder, and nothing else', async () => {
    const found = await inputs(repository, 'apps/shop/prod')
    expect(found).toEqual(
      Object.keys(repository)
        .filter((path) => !path.includes('unused'))
        .sort(),
    )
    expect(touches(found, ['README.md', 'apps/shop/base/unused.yaml'])).toBe(false)
    expect(touches(found, ['components/tls/kustomization.yaml'])).toBe(true)
  })

  test('a reference out of the repository is refused with its line', async () => {
    const escaping = {
      'app/kustomization.yaml': 'namespace: a\nresources:\n- ok.yaml\n- ../../etc\n',
      'app/ok.yaml': '',
    }
    await expect(inputs(escaping, 'app')).rejects.toMatchObject({
      code: 'path-refused',
      source: { path: 'app/kustomization.yaml', line: 4 },
    })
    const absolute = { 'app/kustomization.yaml': 'resources: [/etc/passwd]\n' }
    await expect(inputs(absolute, 'app')).rejects.toMatchObject({ code: 'path-refused' })
  })

  test('a reference to nothing is missing with its line', async () => {
    const files = { 'app/kustomization.yaml': 'resources:\n- gone.yaml\n' }
    await expect(inputs(files, 'app')).rejects.toMatchObject({
      code: 'path-missing',
      source: { path: 'app/kustomization.yaml', line: 2 },
      message: expect.stringContaining('gone.yaml'),
    })
  })

  test('kustomizations that refer to each other end', async () => {
    const files = { 'a/kustomization.yaml': 'resources: [../b]\n', 'b/kustomization.yaml': 'resources: [../a]\n' }
    expect(await inputs(files, 'a')).toEqual(Object.keys(files))
  })
})

describe('helm', () => {
  const chart = (dependencies: string): string =>
    `apiVersion: v2\nname: x\nversion: 1.0.0\ndependencies:\n${dependencies}`
  const files = {
    'charts/shop/Chart.yaml': chart('- {name: lib, version: 1.0.0, repository: "file://../../lib"}\n'),
    'charts/shop/templates/a.yaml': '',
    'lib/Chart.yaml': chart('- {name: base, version: 1.0.0, repository: "file://../base"}\n'),
    'base/Chart.yaml': chart('- {name: shop, version: 1.0.0, repository: "file://../charts/shop"}\n'),
    'values/prod.yaml': '',
    'values/test.yaml': '',
  }

  test('the chart, its value files, and charts beside it, recursively', async () => {
    expect(await inputs(files, 'charts/shop', { valueFiles: ['../../values/prod.yaml'] })).toEqual([
      'base',
      'charts/shop',
      'lib',
      'values/prod.yaml',
    ])
  })

  test('a value file or chart outside the repository is refused, a missing one is missing', async () => {
    const app = (valueFile: string) => inputs(files, 'charts/shop', { valueFiles: [valueFile] })
    await expect(app('../../../secret.yaml')).rejects.toMatchObject({ code: 'path-refused' })
    await expect(app('/etc/passwd')).rejects.toMatchObject({ code: 'path-refused' })
    await expect(app('gone.yaml')).rejects.toMatchObject({ code: 'path-missing' })
    const outside = { 'c/Chart.yaml': chart('- {name: x, repository: "file://../../x"}\n') }
    await expect(inputs(outside, 'c')).rejects.toMatchObject({
      code: 'path-refused',
      source: { path: 'c/Chart.yaml', line: 5 },
    })
    const gone = { 'c/Chart.yaml': chart('- {name: x, repository: "file://../x"}\n') }
    await expect(inputs(gone, 'c')).rejects.toMatchObject({ code: 'path-missing', source: { line: 5 } })
  })
})

test('a plain app reads its folder, or its one file; a missing path is missing', async () => {
  const files = { 'app/a.yaml': '', 'app/sub/b.yaml': '', 'other.yaml': '' }
  expect(await inputs(files, 'app')).toEqual(['app'])
  expect(await inputs(files, 'other.yaml')).toEqual(['other.yaml'])
  expect(await inputs(files, '.')).toEqual(['.'])
  await expect(inputs(files, 'gone')).rejects.toMatchObject({ code: 'path-missing' })
  expect(touches(['app'], ['application/a.yaml'])).toBe(false)
  expect(touches(['.'], ['x'])).toBe(true)
})
