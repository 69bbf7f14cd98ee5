import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RepositoryStory } from '../../src/entry/demo/github/story-types.ts'
import { appFiles, configuration } from '../support/app-files.ts'
import { fresh, type Harbour, openHarbour } from '../support/harbour.ts'
import { type Live, openLive } from '../support/live.ts'

const [production, staging] = [fresh('production'), fresh('staging')]
const namespaces = [production, staging]

let harbour: Harbour
let live: Live
let repository: RepositoryStory

const manual = '    sync: { auto: false }\n'
/** Only the platform team may sync production, and only maintainers lock it; of staging nothing is said. */
const configOf = (rules: string, name = production) =>
  configuration({
    [name]: { path: 'production', namespace: production, more: `${manual}    commands: ${rules}\n` },
    [staging]: { path: 'staging', namespace: staging, more: manual },
  })
const strict = configOf('{ sync: ["@acme/platform"], lock: maintain }')

beforeAll(async () => {
  harbour = await openHarbour()
  live = await openLive(harbour.kubeconfig)
  const files = {
    '.github/drydock.yaml': strict,
    ...appFiles('production', production),
    ...appFiles('staging', staging),
  }
  repository = await harbour.emulator.createRepository({ owner: 'acme', name: fresh('gitops'), files })
  repository.setPermission('alice', 'write')
  repository.setPermission('bob', 'maintain')
  repository.setPermission('paula', 'read')
  repository.addToTeam('platform', 'paula')
})
afterAll(async () => {
  for (const namespace of namespaces) await live.remove(`/api/v1/namespaces/${namespace}`)
  await live.close()
  await harbour.close()
  expect(harbour.emulator.violations).toEqual([])
})

async function open(files: Readonly<Record<string, string>>): Promise<number> {
  const number = await repository.openPullRequest({ head: fresh('branch'), title: 'A change', author: 'alice', files })
  await harbour.planned(repository, number)
  return number
}

/** Gives a command and returns its final answer. */
async function ask(number: number, user: string, command: string): Promise<string> {
  const id = await repository.comment(number, user, command)
  const marker = `<!-- drydock:reply:${id} -->\n`
  const isAnswer = (body: string) => body.startsWith(marker) && !body.includes('⏳')
  const found = await harbour.emulator.waitFor(
    () => repository.comments(number).find(({ body }) => isAnswer(body))?.body,
    { what: `the answer to ${command}`, timeoutMs: 60_000 },
  )
  return found.slice(marker.length)
}

const changed = (folder: string) => ({
  [`${folder}/more.yaml`]: `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n`,
})

test('an app says who may sync and lock it, whatever is said for the repository', async () => {
  const number = await open({ ...changed('production'), ...changed('staging') })
  expect(await ask(number, 'alice', `/lock ${production} ${staging}`)).toMatch(
    new RegExp(`^\`/lock ${production}\` is not for you here: it needs more than \`write\``),
  )
  expect(await ask(number, 'alice', '/status')).not.toContain('locked by')
  expect(await ask(number, 'alice', `/lock ${staging}`)).toContain('is locked.')
  expect(await ask(number, 'bob', `/lock ${production}`)).toContain('is locked.')
  expect(await ask(number, 'alice', `/unlock ${production}`)).toContain(`\`/unlock ${production}\` is not for you`)
  await ask(number, 'bob', '/unlock')

  await repository.mergePullRequest(number, { by: 'bob' })
  await harbour.synced(repository, number)
  expect(await ask(number, 'alice', '/sync')).toMatch(
    new RegExp(`^\`/sync ${production}\` is not for you here: .* gives it to \`@acme/platform\`\\.$`),
  )
  // She may only read here, but she is in the team that the app names.
  expect(await ask(number, 'paula', `/sync ${staging}`)).toContain(`\`/sync ${staging}\` is not for you here`)
  expect(await ask(number, 'paula', '/help')).toContain(`\n/sync ${production}\n`)
  expect(await ask(number, 'paula', `/sync ${production}`)).toContain(`\`${production}\` at`)
  const more = { apiVersion: 'v1', kind: 'ConfigMap', namespace: production, name: 'more' }
  await expect.poll(() => live.get(more), { timeout: 60_000 }).toBeDefined()
  expect(await live.get({ ...more, namespace: staging })).toBeUndefined()
})

test('a pull request changes nothing about who may do what with itself', async () => {
  const wider = configOf('{ sync: read, lock: write }')
  const number = await open({ '.github/drydock.yaml': wider, ...changed('production') })
  const shown = repository
    .comments(number)
    .map(({ body }) => body)
    .join()
  expect(shown).toMatch(/commands: .*takes effect after the merge/)
  expect(await ask(number, 'alice', `/lock ${production}`)).toContain('is not for you here')
  // Nor does a new name for the app.
  const renamed = fresh('renamed')
  const other = await open({ '.github/drydock.yaml': configOf('{ lock: write }', renamed), ...changed('production') })
  expect(await ask(other, 'alice', `/lock ${renamed}`)).toContain(`\`/lock ${renamed}\` is not for you here`)
  expect(await ask(other, 'bob', `/lock ${renamed}`)).toContain('is locked.')
})
