import { loadAll } from 'js-yaml'
import { expect, test } from 'vitest'
import { asOldNode, configMap, desk, namespace } from './support.ts'

const noCluster = { env: { KUBECONFIG: '/nowhere' } }

test('help that fits a terminal, for the program and each command', async () => {
  const top = await desk().drydock('--help')
  expect(top).toMatchObject({ code: 0, err: '' })
  const commands = [...top.out.matchAll(/^ {2}([a-z]+) .*/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'drydock')
  expect(commands).toEqual(expect.arrayContaining(['plan', 'sync', 'validate', 'render', 'schema', 'serve', 'demo']))
  const texts = await Promise.all(commands.map((name) => desk().drydock(`${name} --help`)))
  for (const { code, out } of [top, ...texts]) {
    expect(code).toBe(0)
    expect(out).toMatch(/^Usage: drydock /)
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([])
  }
  expect(texts[0]?.out).toContain('Exit codes:')
})

test.each([
  ['', /^Usage: drydock /],
  ['plann', /^error: unknown command 'plann'\n\(Did you mean plan\?\)\n$/],
  ['plan --ap x', /^error: unknown option '--ap'\n\(Did you mean --app\?\)\n$/],
  ['plan -o xml', /^error: .*'xml' is invalid\. Allowed choices are text, json, markdown\.\n$/],
  ['plan one two', /^error: too many arguments/],
  ['plan nowhere', /^error: There is no folder nowhere\.\n/],
  ['demo --exit --port abc', /^error: .*'abc' is invalid\. A port is a number from 0 to 65535\.\n$/],
])('"drydock %s" says what is wrong with it', async (line, words) => {
  const ran = await desk().drydock(line, noCluster)
  expect(ran).toMatchObject({ code: 2, out: '' })
  expect(ran.err).toMatch(words)
})

test('an empty folder, and a repository without commit', async () => {
  const at = desk()
  const empty = await at.drydock('plan', noCluster)
  expect(empty).toMatchObject({ code: 2, out: '' })
  expect(empty.err).toMatch(/^error: .*\n {2}→ .*\n$/)
  at.commit({})
  const bare = await at.drydock('validate', noCluster)
  expect(bare).toMatchObject({ code: 2, out: '' })
  expect(bare.err).toMatch(/^error: The repository holds no file at \w{7}\.\n {2}→ Commit the folder first/)
})

test('schema is the JSON Schema of the configuration', async () => {
  const { code, out, err } = await desk().drydock('schema', noCluster)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(JSON.parse(out)).toMatchObject({ $schema: expect.stringContaining('draft-07'), properties: { apps: {} } })
})

test('validate and render need no cluster, and show no secret', async () => {
  const at = desk()
  at.write({
    'all.yaml': `${namespace}---\n${configMap('one', '"007"')}`,
    'secret.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { password: hunter2 }\n',
  })
  const validate = await at.drydock('validate', { ...noCluster, node: asOldNode })
  expect(validate).toMatchObject({ code: 0, out: `${at.name}: 3 objects, valid\n`, err: '' })
  const render = await at.drydock('render', noCluster)
  expect(render).toMatchObject({ code: 0, err: '' })
  expect(render.out).not.toContain('hunter2')
  expect(render.out).toContain('# all.yaml:6\n')
  expect(loadAll(render.out)).toMatchObject([
    { kind: 'Namespace', metadata: { name: at.name } },
    { kind: 'ConfigMap', data: { key: '007' } },
    { kind: 'Secret', stringData: { password: '(sensitive 1)' } },
  ])
})

test('validate finds an object that two apps have', async () => {
  const at = desk()
  at.commit({
    '.github/drydock.yaml':
      'version: 1\napps:\n  - { name: a, path: a, namespace: x }\n  - { name: b, path: b, namespace: x }\n  - { name: c, path: b, namespace: z }\n  - { name: d, path: b, namespace: x, cluster: far }\n',
    'a/one.yaml': configMap('one').replace('  namespace: NAME\n', ''),
    'b/one.yaml': `# b\n${configMap('one').replace('  namespace: NAME\n', '')}`,
  })
  const ran = await at.drydock('validate', noCluster)
  expect(ran.code).toBe(2)
  expect(ran.err).toBe(
    'error: b/one.yaml:2: ConfigMap one is also in the app a (a/one.yaml:1).\n  → Remove it from one of the two apps.\n',
  )
})

test('a reader that hangs up is no error', async () => {
  const at = desk()
  at.write({ 'all.yaml': configMap('one', 'x'.repeat(400_000)) })
  const ran = await at.drydock('render', { ...noCluster, head: true })
  expect(ran).toMatchObject({ code: 0, err: '' })
  expect(ran.out.length).toBeLessThan(400_000)
})
