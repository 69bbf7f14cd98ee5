import { expect, test } from 'vitest'
import { ask, configMap, type Desk, desk, namespace, onCluster } from './support.ts'

type Apps = Readonly<Record<string, Readonly<Record<string, string>>>>

/** A repository with one good app, and others. */
function repository(apps: Apps): Desk {
  const at = desk()
  const all: Apps = { good: { 'all.yaml': `${namespace}---\n${configMap('good')}` }, ...apps }
  const list = Object.keys(all).map((name) => `  - name: ${name}\n    path: apps/${name}\n    namespace: NAME\n`)
  at.commit({
    '.github/drydock.yaml': `version: 1\napps:\n${list.join('')}`,
    ...Object.fromEntries(
      Object.entries(all).flatMap(([name, files]) =>
        Object.entries(files).map(([path, text]) => [`apps/${name}/${path}`, text] as const),
      ),
    ),
  })
  return at
}

const exists = async (at: Desk): Promise<boolean> => (await ask('GET', `/api/v1/namespaces/${at.name}`)).status !== 404

/** Each mistake, and what is said of it: the place, what is wrong, and what to do. */
const mistakes: readonly { app: string; files: Apps[string]; says: RegExp; offline: boolean }[] = [
  {
    app: 'broken-yaml',
    files: { 'a.yaml': `${configMap('a')}---\nkind: [ConfigMap,\n` },
    says: /error: apps\/broken-yaml\/a\.yaml:\d+: .*not valid YAML.*\n +→ Correct the YAML/,
    offline: true,
  },
  {
    app: 'no-object',
    files: { 'a.yaml': 'hello: world\n' },
    says: /error: apps\/no-object\/a\.yaml:1: .*(apiVersion|kind).*\n +→ /,
    offline: true,
  },
  {
    app: 'twice',
    files: { 'a.yaml': configMap('same'), 'b.yaml': `# first\n---\n${configMap('same')}` },
    says: /error: apps\/twice\/b\.yaml:3: ConfigMap cli-\w+\/same is there twice: at apps\/twice\/a\.yaml:1 and at apps\/twice\/b\.yaml:3\.\n +→ Remove one/,
    offline: true,
  },
  {
    app: 'unknown-kind',
    files: { 'a.yaml': configMap('a').replace('ConfigMap', 'ConfigMpa') },
    says: /error: apps\/unknown-kind\/a\.yaml:1: The cluster has no kind v1 ConfigMpa\.\n +→ Did you mean ConfigMap\?/,
    offline: false,
  },
  {
    app: 'helm-template',
    files: {
      'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n',
      'templates/a.yaml': `${configMap('a')}  other: {{ required "say which" .Values.which }}\n`,
    },
    says: /error: apps\/helm-template\/templates\/a\.yaml:8: helm: .*say which\n +→ /,
    offline: true,
  },
  {
    app: 'kustomize',
    files: { 'kustomization.yaml': '# the base\nresources:\n  - nowhere.yaml\n' },
    says: /error: apps\/kustomize\/kustomization\.yaml:\d+: .*nowhere\.yaml.*\n +→ Correct the path/,
    offline: true,
  },
  {
    app: 'missing-path',
    files: {},
    says: /error: \.github\/drydock\.yaml:\d+: There is no folder apps\/missing-path.*\n +→ Correct the app's path/,
    offline: true,
  },
  {
    app: 'unknown-field',
    files: { 'a.yaml': configMap('a').replace('\ndata:', '\ndta:').replace('namespace: NAME', 'namespace: default') },
    says: /error: apps\/unknown-field\/a\.yaml:[2-9]: ConfigMap default\/a: .*dta.*\n +→ /,
    offline: false,
  },
  {
    app: 'bad-value',
    files: {
      'a.yaml':
        'apiVersion: v1\nkind: Service\nmetadata: { name: a, namespace: default }\nspec: { ports: [{ port: 99999 }] }\n',
    },
    says: /error: apps\/bad-value\/a\.yaml:[2-9]: Service default\/a: .*99999.*\n +→ /,
    offline: false,
  },
  {
    app: 'no-namespace',
    files: { 'a.yaml': configMap('a').replace('NAME', 'NAME-none') },
    says: /error: apps\/no-namespace\/a\.yaml:[1-9]: ConfigMap cli-\w+-none\/a: .*not found\n +→ Add a manifest of the Namespace/,
    offline: false,
  },
]

onCluster('bad input', () => {
  test('each mistake is named with its place and a next step; the good app is planned, nothing is applied', async () => {
    const at = repository(Object.fromEntries(mistakes.map(({ app, files }) => [app, files])))

    const plan = await at.drydock('plan')
    expect(plan).toMatchObject({ code: 2, err: '' })
    for (const { says } of mistakes) expect(plan.out).toMatch(says)
    expect(plan.out).toMatch(/\ngood → default: 2 to create\n/)
    expect(plan.out).toMatch(/\n11 errors in 10 of 11 apps · 2 to create in 1 app\.\n$/)
    expect(plan.out).not.toMatch(/no changes|\n\s+at /i)

    const json = await at.drydock('plan -o json')
    expect(json).toMatchObject({ code: 2, err: '' })
    const document = JSON.parse(json.out) as { conclusion: string; apps: { name: string; errors: unknown[] }[] }
    expect(document.conclusion).toBe('failure')
    expect(document.apps.filter(({ errors }) => errors.length === 0).map(({ name }) => name)).toEqual(['good'])

    const sync = await at.drydock('sync')
    expect(sync).toMatchObject({ code: 2, err: '' })
    for (const { says } of mistakes) expect(sync.out).toMatch(says)
    expect(sync.out).toMatch(
      /good → default at \w+: held\nerror: Not synced, because of what is wrong with 10 other apps/,
    )
    expect(await exists(at)).toBe(false)

    expect(await at.drydock('sync --app good')).toMatchObject({ code: 0 })
    expect(await exists(at)).toBe(true)
  })

  test('two apps that claim one object', async () => {
    const at = repository({ one: { 'a.yaml': configMap('same') }, two: { 'b.yaml': configMap('same') } })
    const plan = await at.drydock('plan')
    expect(plan.code).toBe(2)
    expect(plan.out).toMatch(/error: apps\/one\/a\.yaml:1: .* is also in the app two \(apps\/two\/b\.yaml:1\)\./)
    expect(plan.out).toMatch(/error: apps\/two\/b\.yaml:1: .* is also in the app one \(apps\/one\/a\.yaml:1\)\./)
    expect(await at.drydock('sync')).toMatchObject({ code: 2 })
    expect(await exists(at)).toBe(false)
  })

  test('an app that had objects and renders to nothing loses none of them', async () => {
    const at = desk()
    at.commit({ 'all.yaml': `${namespace}---\n${configMap('one')}` })
    expect(await at.drydock('sync')).toMatchObject({ code: 0 })
    at.commit({ 'all.yaml': '# all gone\n' })
    const sync = await at.drydock('sync --accept-risks')
    expect(sync.code).toBe(2)
    expect(sync.out).toContain('error: The app renders to nothing now, although it has objects on the cluster')
    expect(await exists(at)).toBe(true)
  })
})

test('what is wrong without asking a cluster, found by validate; render prints no part of it', async () => {
  const at = repository(Object.fromEntries(mistakes.map(({ app, files }) => [app, files])))
  const validate = await at.drydock('validate', { env: { KUBECONFIG: '/nowhere' } })
  expect(validate.code).toBe(2)
  for (const { says, offline } of mistakes) {
    if (offline) expect(validate.err).toMatch(says)
    else expect(validate.err).not.toMatch(says)
  }
  expect(validate.out).toContain('good: 2 objects\n')
  const render = await at.drydock('render', { env: { KUBECONFIG: '/nowhere' } })
  expect(render).toMatchObject({ code: 2, out: '' })
})

test.each([
  [
    'an unknown key',
    'version: 1\napps:\n  - name: a\n    pth: apps/good\n',
    /error: \.github\/drydock\.yaml:4: .*pth.*\n?.*path/,
  ],
  ['a wrong value', 'version: 1\napps:\n  - name: a\n    path: a\n    sync: { prune: maybe }\n', /drydock\.yaml:5: /],
  ['broken YAML', 'version: 1\napps: [\n', /error: \.github\/drydock\.yaml:\d+: /],
])('a configuration with %s', async (_, config, says) => {
  const at = desk()
  at.commit({ '.github/drydock.yaml': config, 'apps/good/a.yaml': configMap('a') })
  const ran = await at.drydock('sync', { env: { KUBECONFIG: '/nowhere' } })
  expect(ran).toMatchObject({ code: 2, out: '' })
  expect(ran.err).toMatch(says)
  const json = await at.drydock('plan -o json', { env: { KUBECONFIG: '/nowhere' } })
  expect(json).toMatchObject({ code: 2, err: '' })
  expect(JSON.parse(json.out)).toMatchObject({
    conclusion: 'failure',
    apps: [],
    errors: expect.arrayContaining([expect.objectContaining({ code: 'config-invalid' })]),
  })
})
