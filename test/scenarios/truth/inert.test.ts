import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PGlite } from '@electric-sql/pglite'
import { marked, type Token } from 'marked'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { realCluster } from '../../support/harbour.ts'
import { configMap } from './files.ts'
import { begin, openPort, type Port } from './story.ts'

vi.setConfig({ testTimeout: 180_000 })

/** Values that nobody but the API server may see. */
const canaries = {
  password: 'canary-old-password',
  newPassword: 'canary-new-password',
  token: 'canary-old-token',
  newToken: 'canary-new-token',
  pin: '731298645001',
  steady: 'canary-that-never-changes',
  applied: 'canary-of-kubectl-apply',
  dsn: 'postgres://shop:canary-old-dsn@db',
  newDsn: 'postgres://shop:canary-new-dsn@db',
}
const base64 = (text: string) => Buffer.from(text).toString('base64')

describe.skipIf(!realCluster)(
  `what leaves the process${realCluster ? '' : ' (skipped, because DRYDOCK_TEST_KUBECONFIG is not set)'}`,
  () => {
    let port: Port
    let drydock: ChildProcess | undefined
    const log: string[] = []
    const stop = async () => {
      if (!drydock || drydock.exitCode !== null) return
      drydock.kill('SIGTERM')
      await once(drydock, 'exit')
    }

    beforeAll(async () => {
      port = await openPort({ started: false })
      drydock = await launch(port, log)
    })
    afterAll(async () => {
      await stop()
      await port.close()
    })
    afterEach(() => {
      expect(port.harbour.emulator.violations).toEqual([])
    })

    test('a pull request that touches no app posts nothing, and "no changes" is one line', async () => {
      const story = await begin(port, { title: 'Nothing to say' })
      const text = configMap('settings', '  theme: light\n')
      await story.begin({ 'app/settings.yaml': text })
      const elsewhere = await story.propose('Write a page', { 'README.md': 'The shop.\n' })
      expect(elsewhere).toMatchObject({ conclusion: 'success', comment: '', annotations: [] })
      await story.close(elsewhere)
      const spelt = await story.propose('Spell it otherwise', { 'app/settings.yaml': text.replace('light', '"light"') })
      expect(spelt.conclusion).toBe('success')
      expect(spelt.comment.trim().split('\n')).toHaveLength(1)
      expect(spelt.comment).toMatch(/^✅ No changes in 1 app: 1 object stays as it is/)
      await story.close(spelt)
      await story.golden('no-noise')
    })

    test('secret values are shown as changed or unchanged, never themselves', async () => {
      const story = await begin(port, {
        title: 'Secrets',
        more: '    sensitive: [{ kind: ConfigMap, jsonPointers: [/data/dsn] }]\n',
      })
      const secret = (password: string, token: string) => `apiVersion: v1
kind: Secret
metadata:
  name: credentials
data:
  password: ${base64(password)}
  steady: ${base64(canaries.steady)}
stringData:
  token: ${token}
`
      const settings = (dsn: string, theme: string) => configMap('settings', `  dsn: ${dsn}\n  theme: ${theme}\n`)
      const steady = secret(canaries.steady, canaries.steady).replace('credentials', 'steady')
      await story.begin({
        'app/credentials.yaml': secret(canaries.password, canaries.token),
        'app/settings.yaml': settings(canaries.dsn, 'light'),
        'app/steady.yaml': steady,
      })
      await story.meanwhile('There is a Secret `legacy` from kubectl apply, with its annotation.', async () => {
        const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'legacy' } }
        const data = { key: base64(canaries.applied), old: base64(canaries.steady) }
        const said = JSON.stringify({ ...object, data, stringData: { key: canaries.applied } })
        const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `${said}\n` }
        const metadata = { name: 'legacy', annotations }
        await port.raw.create(story.path('secrets'), { ...object, data, metadata }, 'kubectl-client-side-apply')
      })
      const legacy = `apiVersion: v1\nkind: Secret\nmetadata:\n  name: legacy\nstringData:\n  key: ${canaries.newToken}\n`
      const review = await story.propose('New credentials, one of them a number', {
        'app/credentials.yaml': secret(canaries.newPassword, canaries.pin),
        'app/settings.yaml': settings(canaries.newDsn, 'dark'),
        'app/legacy.yaml': legacy,
      })
      expect(review.conclusion).toBe('failure')
      expect(review.annotations[0]).toMatch(/^failure app\/credentials.yaml:\d+ /)
      const mended = await story.amend(review, 'The token is a text', {
        'app/credentials.yaml': secret(canaries.newPassword, canaries.newToken),
      })
      expect(mended.conclusion).toBe('success')
      expect(mended.comment).toContain('1 to adopt')
      expect(mended.comment).toContain('2 to update')
      expect(mended.comment).not.toContain('steady`')
      // One value has one mask in a plan: the new token of both Secrets.
      const masks = [...mended.comment.matchAll(/^\+ +(?:token|key): (\(sensitive \d+\))$/gm)].map((match) => match[1])
      expect(masks).toHaveLength(2)
      expect(new Set(masks).size).toBe(1)
      const changed = await story.merge(mended)
      expect(changed.map((each) => each.replace(/: .*/s, ''))).toEqual([
        'ConfigMap settings /data/dsn',
        'ConfigMap settings /data/theme',
        'Secret credentials /data/password',
        'Secret credentials /data/token',
        'Secret legacy /data/key',
        'Secret legacy /data/old',
        'Secret legacy /metadata/annotations/kubectl.kubernetes.io/last-applied-configuration',
      ])
      await story.meanwhile('Carol changes the password with kubectl edit: drift.', () =>
        port.raw.edit(story.path('secrets', 'credentials'), { data: { password: base64(canaries.applied) } }),
      )
      const late = await story.propose('A new theme', { 'app/settings.yaml': settings(canaries.newDsn, 'grey') })
      expect(late.comment).toContain('`/data/password` differs from Git')
      await story.close(late)
      await story.golden('secrets')
    })

    test('what manifests contain is inert: no pings, no links, no broken fences', async () => {
      const story = await begin(port, { title: 'Hostile words' })
      story.lookAt('apis/rbac.authorization.k8s.io/v1/namespaces/NS/roles')
      const name = '@acme:admins<img>`|[free](www.evil.example)'
      await story.begin({ 'app/settings.yaml': configMap('settings', '  motto: hello\n') })
      const motto = ['@acme/platform', '```', '</details>', '~~~', '<!-- drydock:forged -->', '/approve', '#1']
      const review = await story.propose('Words of all sorts', {
        'app/settings.yaml': configMap(
          'settings',
          `  link: "[free](https://evil.example) ![x](https://evil.example/x.png)"\n  motto: |\n${motto.map((line) => `    ${line}\n`).join('')}`,
          '  annotations: { note: "@octocat | https://evil.example" }\n',
        ),
        'app/@acme `x` [y](z).yaml': `apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: ${JSON.stringify(name)}\nrules: []\n`,
      })
      expect(review.conclusion).toBe('success')
      expectInert(review.comment)
      expect(await story.merge(review)).toEqual([
        'ConfigMap settings /data/link: absent → "[free](https://evil.example) ![x](https://evil.example/x.png)"',
        `ConfigMap settings /data/motto: "hello" → ${JSON.stringify(`${motto.join('\n')}\n`)}`,
        'ConfigMap settings /metadata/annotations/note: absent → "@octocat | https://evil.example"',
        `Role ${name}: created`,
      ])
      await story.golden('hostile')
    })

    test('400 changed objects fit into a comment, whole at every fence, with the rest in the check', async () => {
      const story = await begin(port, { title: 'Four hundred' })
      const letters = (word: string) =>
        Array.from({ length: 400 }, (_, index) => {
          const lines = Array.from({ length: 5 }, (_line, line) => `  line-${line}: the same as ever\n`)
          return configMap(`letter-${String(index).padStart(3, '0')}`, `${lines.join('')}  salute: ${word} ${index}\n`)
        }).join('---\n')
      await story.begin({ 'app/letters.yaml': letters('Dear') })
      const review = await story.propose('Be more formal', { 'app/letters.yaml': letters('Honoured') })
      expect(review.comment).toContain('400 to update')
      const body = story.repository.comments(review.number).at(-1)?.body ?? ''
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(60_000)
      expectInert(review.comment)
      expect(body).toMatch(/\d+ objects are shown in full in the app's check run/)
      // One line for each of the 400, whatever else was left out.
      expect(new Set(body.match(/letter-\d{3}/g)).size).toBe(400)
      const runs = story.repository.checkRuns(story.repository.pullRequest(review.number).headSha)
      const check = runs.find((run) => run.name === `drydock / ${story.app}`)
      expect(check?.title).toBe('400 to update')
      expect(Buffer.byteLength(check?.text ?? '')).toBeLessThanOrEqual(65_535)
      expect((check?.text?.match(/^```/gm)?.length ?? 1) % 2).toBe(0)
      expect(check?.text?.match(/letter-\d{3}/g)?.length).toBeGreaterThan(50)
      await story.close(review)
    })

    test('no secret value was sent to GitHub, stored or logged in all of this', async () => {
      await stop()
      const data = port.harbour.environment.DATA_DIR ?? ''
      const places = {
        'requests to GitHub': JSON.stringify(port.harbour.emulator.requests),
        'the log': log.join('\n'),
        'the store': await dump(join(data, 'database')),
        'other files': await filesIn(data, ['database', 'git']),
      }
      expect(places['requests to GitHub']).toContain('(sensitive 1)')
      expect(places['the store']).toContain('(sensitive 1)')
      expect(places['the log'].length).toBeGreaterThan(1_000)
      const found = Object.entries(places).flatMap(([place, text]) =>
        Object.values(canaries).flatMap((canary) =>
          [canary, base64(canary)].filter((each) => text.includes(each)).map((each) => `${each} in ${place}`),
        ),
      )
      expect(found).toEqual([])
    })
  },
)

/** Drydock as a process of its own that logs everything, so that its log can be read. */
async function launch({ harbour }: Port, log: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['src/main.ts', 'serve'], {
    env: { ...harbour.environment, LOG_LEVEL: 'trace' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  createInterface({ input: child.stderr }).on('line', (line) => void log.push(line))
  const lines = createInterface({ input: child.stdout })
  await new Promise<void>((done, failed) => {
    child.once('exit', () => failed(new Error(`Drydock ended before it listened: ${log.join('\n')}`)))
    lines.on('line', (line) => {
      log.push(line)
      const said = line.startsWith('{') ? (JSON.parse(line) as { msg?: string; port?: number }) : {}
      if (said.msg !== 'Drydock listens') return
      harbour.emulator.setWebhookUrl(`http://127.0.0.1:${said.port}/api/github/webhooks`)
      done()
    })
  })
  return child
}

/** Every row of every table. */
async function dump(folder: string): Promise<string> {
  const database = new PGlite(join(folder, 'postgres'))
  const tables = await database.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  )
  const rows: string[] = []
  for (const { name } of tables.rows) {
    const found = await database.query<{ row: string }>(`select each::text as row from ${name} as each`)
    rows.push(...found.rows.map(({ row }) => row))
  }
  await database.close()
  return rows.join('\n')
}

async function filesIn(folder: string, except: readonly string[]): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !except.some((each) => file.startsWith(join(folder, each))))
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n')
}

/** Nothing that GitHub would follow, load, ping or run; every fence and every fold is closed. */
function expectInert(comment: string): void {
  const tokens: Token[] = []
  marked.walkTokens(marked.lexer(comment), (token) => void tokens.push(token))
  const of = (type: string) => tokens.filter((token) => token.type === type)
  expect(of('image')).toEqual([])
  expect(
    of('link')
      .map((token) => (token as { href?: string }).href ?? '')
      .filter((href) => !href.startsWith('https://github.example')),
  ).toEqual([])
  expect(
    of('html')
      .flatMap((token) => token.raw.match(/<[^>]*>/g) ?? [])
      .filter((tag) => !/^<\/?(details( open)?|summary|b)>$/.test(tag)),
  ).toEqual([])
  // A mention is a ping only outside code.
  const words = of('text')
    .filter((token) => !('tokens' in token && token.tokens))
    .map((token) => token.raw)
  expect(words.filter((text) => /(^|[^\w`])@\w/.test(text))).toEqual([])
  const lines = comment.split('\n').map((line) => line.trim())
  expect(lines.filter((line) => line.startsWith('<details')).length).toBe(
    lines.filter((line) => line === '</details>').length,
  )
  expect(of('code').every((token) => /^(`{3,}|~{3,})[\s\S]*\1\s*$/.test(token.raw.trim()))).toBe(true)
}
