import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configMap, type Desk, desk } from './support.ts'

/** A folder to plan, and a kubeconfig that names this server. */
function deskFor(server: string): { readonly at: Desk; readonly env: { readonly KUBECONFIG: string } } {
  const at = desk()
  at.write({ 'one.yaml': configMap('one') })
  const file = join(at.folder, '..', 'kubeconfig')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: { token: 'sesame' } }],
    contexts: [{ name: 'somewhere', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'somewhere',
  }
  writeFileSync(file, JSON.stringify(config))
  return { at, env: { KUBECONFIG: file } }
}

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise((done) => server.close(done))
  return typeof address === 'object' && address ? address.port : 0
}

test.each([
  [
    'a context that is not there',
    'plan --context nope',
    /The kubeconfig has no context "nope"\.\n +→ It has: somewhere\./,
  ],
  [
    'a cluster that the kubeconfig does not name',
    'plan --app other',
    /The kubeconfig has no context "other"\.\n +→ It has: somewhere\./,
  ],
])('%s', async (_, line, words) => {
  const { at, env } = deskFor('https://127.0.0.1:1')
  at.commit({
    '.github/drydock.yaml': 'version: 1\napps: [{ name: one, path: . }, { name: other, path: ., cluster: other }]\n',
  })
  const ran = await at.drydock(line, { env })
  expect(ran).toMatchObject({ code: 2, err: '' })
  expect(ran.out).toMatch(words)
  expect(ran.out).not.toMatch(/no changes|\n\s+at /i)
})

test('a broken kubeconfig is named by its line and never quoted', async () => {
  const { at, env } = deskFor('https://127.0.0.1:1')
  writeFileSync(env.KUBECONFIG, 'apiVersion: v1\nusers:\n- name: a\n  user:\n    token: sesame\n   bad: x\n')
  const ran = await at.drydock('plan', { env })
  expect(ran).toMatchObject({ code: 2, err: '' })
  expect(ran.out).toMatch(/The kubeconfig could not be read: .* at line 6/)
  expect(ran.out).not.toContain('sesame')
})

test('no kubeconfig', async () => {
  const { at } = deskFor('https://127.0.0.1:1')
  const ran = await at.drydock('plan', { env: { KUBECONFIG: '/nowhere/config' } })
  expect(ran).toMatchObject({ code: 2, err: '' })
  expect(ran.out).toMatch(/The kubeconfig could not be read: .*\/nowhere\/config.*\n +→ Check KUBECONFIG/)
  expect(ran.out).not.toMatch(/no changes|\n\s+at /i)
})

test.each([
  [
    'a closed port',
    async () => `https://127.0.0.1:${await closedPort()}`,
    /127\.0\.0\.1:\d+ could not be reached: ECONNREFUSED/,
  ],
  ['an unknown host', async () => 'https://nowhere.invalid:6443', /nowhere\.invalid:6443 could not be reached: /],
])('%s', async (_, server, words) => {
  const { at, env } = deskFor(await server())
  for (const command of ['plan', 'sync']) {
    const ran = await at.drydock(command, { env })
    expect(ran).toMatchObject({ code: 2, err: '' })
    expect(ran.out).toMatch(words)
    expect(ran.out).toContain('→ ')
    expect(ran.out).not.toMatch(/no changes|sesame|\n\s+at /i)
    expect(ran.ms).toBeLessThan(10_000)
  }
})
