import { expect, test } from 'vitest'
import { ask, asOldNode, configMap, type Desk, desk, namespace, onCluster } from './support.ts'

/** Plan, sync, plan: the exit codes that a script sees, and the words that a person does. */
async function planSyncPlan(at: Desk, folder: string, created: number): Promise<void> {
  const before = await at.drydock(`plan ${folder}`)
  expect(before).toMatchObject({ code: 1, err: '' })
  expect(before.out).toContain(`${created} to create`)
  const synced = await at.drydock(`sync ${folder}`)
  expect(synced).toMatchObject({ code: 0, err: '' })
  expect(synced.out).toContain(`succeeded`)
  expect(synced.out).toContain(`· ${created} created`)
  const after = await at.drydock(`plan ${folder}`)
  expect(after).toMatchObject({ code: 0, err: '' })
  expect(after.out).toMatch(new RegExp(`no changes, ${created} unchanged\\n\\nNo changes\\.\\n$`))
}

const text = async (at: Desk, name: string): Promise<unknown> =>
  ((await ask('GET', `/api/v1/namespaces/${at.name}/configmaps/${name}`)).body as { data?: unknown }).data

onCluster('a folder becomes the cluster', () => {
  test('plain YAML in no repository, by a Node that is too old for Drydock', async () => {
    const at = desk()
    at.write({ 'app.yaml': `${namespace}---\n${configMap('one')}`, 'more/two.yml': configMap('two') })
    expect(await at.drydock('plan', { node: asOldNode })).toMatchObject({ code: 1, err: '' })
    await planSyncPlan(at, '', 3)
  })

  test('a chart with value files, a local dependency and .Capabilities', async () => {
    const at = desk()
    const chart = (name: string, more = '') => `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n${more}`
    at.commit({
      '.github/drydock.yaml':
        'version: 1\napps:\n  - name: web\n    path: charts/web\n    namespace: NAME\n    helm: { valueFiles: [values-live.yaml], values: { c: inline } }\n',
      'charts/web/Chart.yaml': chart(
        'web',
        'dependencies:\n  - { name: lib, version: 1.0.0, repository: "file://../lib" }\n',
      ),
      'charts/web/values.yaml': 'a: default\nb: default\nc: default\n',
      'charts/web/values-live.yaml': 'b: live\nc: live\n',
      'charts/web/templates/all.yaml': `${namespace}---\n${configMap('web', '{{ .Values.a }}-{{ .Values.b }}-{{ .Values.c }}')}  widgets: "{{ .Capabilities.APIVersions.Has "apps/v1/Deployment" }}-{{ .Capabilities.APIVersions.Has "none.example/v1" }}"\n`,
      'charts/lib/Chart.yaml': chart('lib'),
      'charts/lib/templates/lib.yaml': configMap('lib', '{{ .Release.Name }}'),
    })
    await planSyncPlan(at, 'charts/web', 3)
    expect(await text(at, 'web')).toEqual({ key: 'default-live-inline', widgets: 'true-false' })
    expect(await text(at, 'lib')).toEqual({ key: 'web' })
  })

  test('an overlay whose base lies outside its folder', async () => {
    const at = desk()
    at.commit({
      'base/kustomization.yaml': 'resources: [all.yaml]\n',
      'base/all.yaml': `${namespace}---\n${configMap('one')}`,
      'overlays/live/kustomization.yaml':
        'resources: [../../base]\npatches:\n  - path: patch.yaml\nconfigMapGenerator:\n  - { name: made, namespace: NAME, literals: [a=b] }\n',
      'overlays/live/patch.yaml': configMap('one', 'patched'),
    })
    await planSyncPlan(at, 'overlays/live', 3)
    expect(await text(at, 'one')).toEqual({ key: 'patched' })
  })

  test('the same overlay in no repository', async () => {
    const at = desk()
    at.write({
      'base/kustomization.yaml': 'resources: [all.yaml]\n',
      'base/all.yaml': `${namespace}---\n${configMap('one')}`,
      'live/kustomization.yaml': 'resources: [../base]\n',
    })
    expect(await at.drydock('plan live')).toMatchObject({ code: 1, err: '' })
  })

  test('the root of a repository without configuration', async () => {
    const at = desk()
    at.commit({ 'app.yaml': `${namespace}---\n${configMap('one')}` })
    await planSyncPlan(at, '.', 2)
  })

  test('several apps of one configuration, chosen by name, pattern and folder', async () => {
    const at = desk()
    at.commit({
      '.github/drydock.yaml': ['a-one', 'a-two', 'b-one']
        .map((name) => `  - { name: ${name}, path: apps/${name}, namespace: NAME }\n`)
        .reduce((all, each) => all + each, 'version: 1\napps:\n'),
      'apps/a-one/all.yaml': configMap('a-one'),
      'apps/a-two/all.yaml': configMap('a-two'),
      // The others need it, whatever their order.
      'apps/b-one/all.yaml': `${namespace}---\n${configMap('b-one')}`,
    })
    const apps = async (line: string) => {
      const { out } = await at.drydock(`plan -o json ${line}`)
      return (JSON.parse(out) as { apps: { name: string }[] }).apps.map(({ name }) => name)
    }
    expect(await apps('')).toEqual(['a-one', 'a-two', 'b-one'])
    expect(await apps('--app b-one')).toEqual(['b-one'])
    expect(await apps('--app a-*')).toEqual(['a-one', 'a-two'])
    expect(await apps('apps/a-two')).toEqual(['a-two'])
    const none = await at.drydock('plan --app c')
    expect(none).toMatchObject({ code: 2, out: '' })
    expect(none.err).toBe('error: There is no app "c" here.\n  → It has: a-one, a-two, b-one.\n')
    const synced = await at.drydock('sync')
    expect(synced).toMatchObject({ code: 0 })
    expect(synced.out.match(/succeeded/g)).toHaveLength(3)
    expect(await at.drydock('plan')).toMatchObject({ code: 0 })
  })
})

onCluster('what is compared, and how it is printed', () => {
  test('--base, --head, and changes that are not committed', async () => {
    const at = desk()
    const first = at.commit({ 'app.yaml': `${namespace}---\n${configMap('one', 'first')}` })
    expect(await at.drydock('sync')).toMatchObject({ code: 0 })
    const second = at.commit({ 'two.yaml': configMap('two') })
    at.write({ 'two.yaml': configMap('two', 'edited'), 'three.yaml': configMap('three') })
    const head = await at.drydock('plan')
    expect(head.code).toBe(1)
    expect(head.out).toContain(`Plan of ${second.slice(0, 7)}\n`)
    expect(head.out).toContain('1 to create')
    expect(head.err).toBe(
      'note: two.yaml, three.yaml changed since the last commit; Drydock looks at what is committed.\n',
    )
    const based = await at.drydock(`plan --base ${first} -o json`)
    expect(JSON.parse(based.out)).toMatchObject({ head: second, base: first })
    const old = await at.drydock('plan --head HEAD~1')
    expect(old).toMatchObject({ code: 0, err: '' })
    const unknown = await at.drydock('plan --head nowhere')
    expect(unknown).toMatchObject({ code: 2, out: '' })
    expect(unknown.err).toContain('error: There is no commit "nowhere" in this repository.\n  → ')
  })

  test('the JSON document', async () => {
    const at = desk()
    const secret = (value: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata: { name: keys, namespace: NAME }\nstringData: { a: ${value}, b: ${value}, c: other }\n`
    at.commit({ 'all.yaml': namespace, 'secret.yaml': secret('hunter2'), 'web.yaml': configMap('web', 'old') })
    expect(await at.drydock('sync')).toMatchObject({ code: 0 })
    const head = at.commit({
      'secret.yaml': secret('correct-horse'),
      'web.yaml': `${configMap('web', 'new')}  extra: "1"\n`,
    })
    const { out, code, err } = await at.drydock('plan -o json')
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(out).not.toMatch(/hunter2|correct-horse/)
    const sha = expect.stringMatching(/^sha256:[0-9a-f]{64}$/)
    expect(JSON.parse(out)).toStrictEqual({
      apiVersion: 'drydock.dev/v1',
      kind: 'Plan',
      head,
      digest: sha,
      conclusion: 'success',
      apps: [
        {
          name: at.name,
          cluster: 'default',
          clusterUID: expect.stringMatching(/^[0-9a-f-]{36}$/),
          digest: sha,
          changes: [
            {
              action: 'update',
              apiVersion: 'v1',
              kind: 'Secret',
              namespace: at.name,
              name: 'keys',
              source: { path: 'secret.yaml', line: 1 },
              summary: ['keys a, b changed'],
              fields: ['/data/a', '/data/b'].map((path) => ({
                path,
                before: expect.stringMatching(/^\(sensitive \d\)$/),
                after: expect.stringMatching(/^\(sensitive \d\)$/),
              })),
              preview: 'server',
              risks: [],
              hunks: expect.stringContaining('(sensitive 1)'),
            },
            {
              action: 'update',
              apiVersion: 'v1',
              kind: 'ConfigMap',
              namespace: at.name,
              name: 'web',
              source: { path: 'web.yaml', line: 1 },
              summary: ['data extra added', 'data key old → new'],
              fields: [
                { path: '/data/extra', after: '1' },
                { path: '/data/key', before: 'old', after: 'new' },
              ],
              preview: 'server',
              risks: [],
              hunks: expect.stringContaining("-  key: old\n+  key: new\n+  extra: '1'"),
            },
          ],
          unchanged: 1,
          drift: [],
          errors: [],
          policies: [],
        },
      ],
    })
    const [a, b] = (JSON.parse(out) as { apps: [{ changes: [{ fields: [object, object] }] }] }).apps[0].changes[0]
      .fields
    expect({ ...a, path: '' }).toEqual({ ...b, path: '' })

    const markdown = await at.drydock('plan -o markdown')
    expect(markdown.code).toBe(1)
    expect(markdown.out).toMatch(/^### ✅ 2 to update\n/)
    expect(markdown.out).not.toMatch(/hunter2|correct-horse/)

    const terminal = await at.drydock('plan')
    expect(terminal.out.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(terminal.out).not.toContain('\u001b')
  })
})
