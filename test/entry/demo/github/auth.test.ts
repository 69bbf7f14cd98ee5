import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Emulator, makeAppCredentials } from '../../../../src/entry/demo/github/emulator.ts'
import type { RepositoryStory } from '../../../../src/entry/demo/github/story-types.ts'
import { begin, octokit } from './support.ts'

let github: Emulator
let first: RepositoryStory
let stop: () => Promise<void>

beforeEach(async () => {
  ;({ github, stop } = await begin())
  first = await github.createRepository({ owner: 'acme', name: 'first' })
  await github.createRepository({ owner: 'acme', name: 'second' })
  await github.createRepository({ owner: 'other', name: 'third' })
})

afterEach(async () => {
  await stop()
})

function get(path: string, token: string): Promise<number> {
  return fetch(`${github.apiUrl}${path}`, { headers: { authorization: `token ${token}` } }).then((each) => each.status)
}

async function tokenFor(narrow: { repositories?: string[]; permissions?: { contents: 'read' } }): Promise<string> {
  const installation_id = first.installationId
  const { data } = await octokit(github).rest.apps.createInstallationAccessToken({ installation_id, ...narrow })
  return data.token
}

test('an App that signs with another key, or has another id, is nobody', async () => {
  const { privateKeyPem: privateKey } = makeAppCredentials()
  await expect(octokit(github, undefined, { privateKey }).rest.apps.getAuthenticated()).rejects.toMatchObject({
    status: 401,
  })
  await expect(octokit(github, undefined, { appId: 1 }).rest.apps.getAuthenticated()).rejects.toMatchObject({
    status: 401,
  })
  expect((await octokit(github).rest.apps.getAuthenticated()).data?.slug).toBe('drydock')
})

test("a token reaches its installation's repositories, or fewer when it was narrowed", async () => {
  const wide = await tokenFor({})
  expect(await get('/repos/acme/second', wide)).toBe(200)
  expect(await get('/repos/other/third', wide)).toBe(404)
  const narrow = await tokenFor({ repositories: ['first'] })
  expect(await get('/repos/acme/first', narrow)).toBe(200)
  expect(await get('/repos/acme/second', narrow)).toBe(404)
  expect(await get('/repos/acme/first', 'ghs_guessed')).toBe(401)
})

test('a token narrowed to reading contents reads no pull request', async () => {
  const token = await tokenFor({ permissions: { contents: 'read' } })
  expect(await get('/repos/acme/first/commits/main', token)).toBe(200)
  expect(await get('/repos/acme/first/pulls', token)).toBe(403)
})

test('roles are told in the four levels of the API, with their own name beside', async () => {
  first.setPermission('mia', 'maintain')
  first.setPermission('tom', 'triage')
  const api = octokit(github, first.installationId)
  const of = async (username: string) => {
    const { data } = await api.rest.repos.getCollaboratorPermissionLevel({ owner: 'acme', repo: 'first', username })
    return [data.permission, data.role_name]
  }
  expect(await of('mia')).toEqual(['write', 'maintain'])
  expect(await of('tom')).toEqual(['read', 'triage'])
})
