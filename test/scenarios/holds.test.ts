import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { administer } from '../../src/administer.ts'
import { defaultServerConfig } from '../../src/core/config/server.ts'
import { homeNamespace, parentName } from '../../src/core/model/inventory.ts'
import type { JsonObject } from '../../src/core/model/object.ts'
import type { RepositoryStory } from '../../src/entry/demo/github/story-types.ts'
import { appFiles, configuration } from '../support/app-files.ts'
import { fresh, type Harbour, openHarbour } from '../support/harbour.ts'
import { type Live, openLive } from '../support/live.ts'

let harbour: Harbour
let live: Live
let repository: RepositoryStory
const app = fresh('shop')
const name = fresh('gitops')
const text = { apiVersion: 'v1', kind: 'ConfigMap', namespace: app, name: 'settings' }
const plain = configuration({ [app]: { path: 'app', namespace: app } })
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

beforeAll(async () => {
  harbour = await openHarbour()
  live = await openLive(harbour.kubeconfig)
  const files = { 'README.md': 'hello\n', '.github/drydock.yaml': plain }
  repository = await harbour.emulator.createRepository({ owner: 'acme', name, files })
  repository.setPermission('alice', 'write')
  repository.setPermission('bob', 'maintain')
})
afterAll(async () => {
  await live.remove(`/api/v1/namespaces/${app}`)
  await live.remove(`/api/v1/namespaces/${homeNamespace}/configmaps/${parentName(`acme/${name}`, app)}`)
  await live.close()
  await harbour.close()
})

/** As the command line of the server's machine asks. */
const operator = (operation: string, input: JsonObject = {}) =>
  administer({ ...harbour.environment, SUDO_USER: 'root' }, defaultServerConfig, log, operation, input)

const merged = async (files: Readonly<Record<string, string>>) => {
  const number = await repository.openPullRequest({ head: fresh('branch'), title: 'Change', author: 'alice', files })
  await harbour.planned(repository, number)
  await repository.mergePullRequest(number, { by: 'bob' })
  return number
}
/** Waits until the comment of a pull request says this. */
const says = (number: number, words: RegExp) =>
  harbour.emulator.waitFor(
    () =>
      repository
        .comments(number)
        .filter((each) => each.viaApp)
        .map((each) => each.body)
        .find((body) => words.test(body)),
    { what: `#${number} says ${words.source}`, timeoutMs: 100_000 },
  )
const textOf = async () => (await live.get(text))?.data

test('a freeze holds merges, also after a restart, and its end lets them go on', { timeout: 120_000 }, async () => {
  await says(await merged(appFiles('app', app, { text: 'one' })), /✅ Synced 1 app/)
  const answer = await operator('freeze', { repository: `acme/${name}`, reason: 'release week' })
  expect(answer).toMatchObject({ marked: 1, missed: [] })

  const number = await merged(appFiles('app', app, { text: 'two' }))
  const held = await says(number, /⏸ held[^\n]*frozen by root/)
  expect(held).toContain('release week')
  expect(held).toContain(`drydock unfreeze --repository acme/${name}`)

  await harbour.stop()
  await harbour.start()
  expect(await operator('freezes')).toMatchObject([{ scope: `acme/${name}`, by: 'root' }])
  expect(await textOf()).toEqual({ text: 'one' })

  expect(await operator('unfreeze', { repository: `acme/${name}` })).toMatchObject({ released: 1 })
  await says(number, /✅ Synced 1 app/)
  expect(await textOf()).toEqual({ text: 'two' })
})

test('a window holds a merge until the target branch has it no more', { timeout: 120_000 }, async () => {
  const always = `${plain}windows:\n  - { kind: deny, schedule: "* * * * *", duration: 24h }\n`
  await merged({ '.github/drydock.yaml': always })
  const number = await merged(appFiles('app', app, { text: 'three' }))
  const held = await says(number, /⏸ held[^\n]*a deny window is open/)
  expect(held).toContain('five years')
  expect(await textOf()).toEqual({ text: 'two' })

  await merged({ '.github/drydock.yaml': plain })
  await says(number, /✅ Synced 1 app/)
  expect(await textOf()).toEqual({ text: 'three' })
})

test('a freeze outlives the database', { timeout: 120_000 }, async () => {
  await operator('freeze', { repository: `acme/${name}`, reason: 'again' })
  await harbour.stop()
  await rm(join(harbour.environment.DATA_DIR ?? '', 'database'), { recursive: true })
  await harbour.start()
  expect(await operator('freezes')).toEqual([])

  const number = await merged(appFiles('app', app, { text: 'four' }))
  await says(number, /⏸ held[^\n]*frozen by root/)
  expect(await operator('unfreeze', { repository: `acme/${name}` })).toMatchObject({ marked: 1, released: 1 })
  await says(number, /✅ Synced 1 app/)
  expect(await textOf()).toEqual({ text: 'four' })
})
