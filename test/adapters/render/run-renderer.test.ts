import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type RenderLimits, runRenderer, withHome } from '../../../src/adapters/render/run-renderer.ts'

/** Runs a shell script as if it were a renderer. */
function script(text: string, limits: RenderLimits = {}, signal?: AbortSignal) {
  return withHome((home) =>
    runRenderer({ program: '/bin/sh', args: ['-c', text], cwd: home, home, limits, ...(signal ? { signal } : {}) }),
  )
}

test('a renderer has nothing of our environment and a private home, which is gone afterwards', async () => {
  process.env.DRYDOCK_TEST_CANARY = 'canary'
  const { stdout } = await script('/usr/bin/env; pwd').finally(() => {
    delete process.env.DRYDOCK_TEST_CANARY
  })
  expect(stdout).not.toContain('canary')
  const variables = new Map(stdout.split('\n').map((line) => [line.split('=')[0], line.split('=')[1]]))
  expect(variables.get('PATH')).toBe('/nonexistent')
  expect(variables.get('KUBECONFIG')).toBe('/dev/null')
  const home = variables.get('HOME') ?? ''
  expect(home).toContain('drydock-')
  expect(variables.get('HELM_PLUGINS')?.startsWith(home)).toBe(true)
  expect(existsSync(home)).toBe(false)
})

test('arguments are passed as they are, never read by a shell', async () => {
  const { stdout } = await withHome((home) =>
    runRenderer({ program: '/bin/echo', args: ['$(id)', '; id', '`id`'], cwd: home, home, limits: {} }),
  )
  expect(stdout).toBe('$(id) ; id `id`\n')
})

test('a renderer that runs too long is stopped, with what it started, also when it ignores SIGTERM', async () => {
  const marker = join(tmpdir(), `drydock-test-${process.pid}`)
  const endless = `trap '' TERM; (while :; do :; done) & while [ ! -e ${marker} ]; do :; done`
  const started = performance.now()
  await expect(script(endless, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'render-timeout' })
  expect(performance.now() - started).toBeLessThan(10_000)
  const left = (existsSync('/proc/self') ? readdirSync('/proc') : []).filter(
    (pid) => /^\d+$/.test(pid) && commandOf(pid).includes(marker),
  )
  expect(left).toEqual([])
})

test('endless output and endless errors end', async () => {
  const loop = 'while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done'
  await expect(script(loop, { outputBytes: 10_000 })).rejects.toMatchObject({ code: 'render-too-large' })
  const { stderr, code } = await script('i=0; while [ $i -lt 20000 ]; do echo xxxxxxxxxx >&2; i=$((i+1)); done; exit 3')
  expect(code).toBe(3)
  expect(stderr.length).toBeLessThanOrEqual(64 * 1024)
})

test('an aborted render ends with the reason', async () => {
  const stop = new AbortController()
  const running = script('while :; do :; done', {}, stop.signal)
  stop.abort(new Error('newer push'))
  await expect(running).rejects.toThrow('newer push')
  await expect(script('exit 0', {}, stop.signal)).rejects.toThrow('newer push')
})

test('a program that is not there is a missing renderer', async () => {
  const gone = withHome((home) => runRenderer({ program: '/nonexistent/helm', args: [], cwd: home, home, limits: {} }))
  await expect(gone).rejects.toMatchObject({ code: 'renderer-missing' })
})

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}
