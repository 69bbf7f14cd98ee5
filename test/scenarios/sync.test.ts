import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { RepositoryStory } from '../../src/entry/demo/github/story-types.ts'
import { appFiles, configuration } from '../support/app-files.ts'
import { fresh, type Harbour, openHarbour } from '../support/harbour.ts'
import { type Live, openLive } from '../support/live.ts'

let harbour: Harbour
let live: Live
let repository: RepositoryStory
const app = fresh('shop')
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: app, name })
const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: app, name: 'web' }

beforeAll(async () => {
  harbour = await openHarbour()
  live = await openLive(harbour.kubeconfig)
  const files = {
    'README.md': 'hello\n',
    '.github/drydock.yaml': configuration({ [app]: { path: 'app', namespace: app } }),
  }
  repository = await harbour.emulator.createRepository({ owner: 'acme', name: fresh('gitops'), files })
  repository.setPermission('alice', 'write')
  repository.setPermission('bob', 'maintain')
  repository.requireCheck('main', 'drydock')
})
afterAll(async () => {
  await live.remove(`/api/v1/namespaces/${app}`)
  await live.close()
  await harbour.close()
})
afterEach(() => {
  expect(harbour.emulator.violations).toEqual([])
})

const open = async (title: string, files: Readonly<Record<string, string | null>>) => {
  const number = await repository.openPullRequest({ head: fresh('branch'), title, author: 'alice', files })
  await harbour.planned(repository, number)
  return number
}
const comment = (number: number) =>
  repository
    .comments(number)
    .filter((each) => each.viaApp)
    .at(-1)?.body ?? ''

test('a merge applies the app, waits for health, and turns the comment into the log', async () => {
  const number = await open('Add the shop', {
    ...appFiles('app', app),
    'app/extra.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n',
  })
  const planComment = repository.comments(number).at(-1)?.id
  await repository.mergePullRequest(number, { by: 'bob' })
  const log = await harbour.synced(repository, number)
  expect(log).toMatch(/✅ Synced 1 app/)
  expect(log).toContain('merged by `bob`')
  expect(repository.comments(number).at(-1)?.id).toBe(planComment)
  const deployment = repository.deployments().at(-1)
  expect(deployment).toMatchObject({ environment: `default/${app}`, description: `#${number} by bob` })
  await harbour.emulator.waitFor(() => deployment?.statuses.at(-1)?.state === 'success', { what: 'the deployment' })
  const deployed = await live.get(web)
  expect(deployed?.status).toMatchObject({ readyReplicas: 1 })
  expect(deployed?.metadata.managedFields?.map((entry) => entry.manager)).toContain('drydock')
})

test('changing an image and removing an object does exactly those two', async () => {
  const before = await live.get(configMap('settings'))
  const number = await open('Two changes', {
    ...appFiles('app', app, { image: 'registry.example/web:2.0.0' }),
    'app/extra.yaml': null,
  })
  expect(comment(number)).toContain('### ✅ 1 to update, 1 to delete')
  expect(comment(number)).toContain('image 1.0.0 → 2.0.0')
  await repository.mergePullRequest(number, { by: 'bob' })
  expect(await harbour.synced(repository, number)).toMatch(/1 configured, 1 deleted|1 deleted, 1 configured/)
  expect(await live.get(configMap('extra'))).toBeUndefined()
  expect((await live.get(configMap('settings')))?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion)
})

test('drift is told apart from the change, and kept by its merge', async () => {
  await live.edit(`/apis/apps/v1/namespaces/${app}/deployments/web`, { spec: { replicas: 2 } })
  const number = await open('A word', appFiles('app', app, { image: 'registry.example/web:2.0.0', text: 'other' }))
  expect(comment(number)).toContain('### ✅ 1 to update · 1 object drifted')
  expect(comment(number)).toMatch(/Deployment.*changed by `kubectl-edit`.*a sync keeps it/)
  await repository.mergePullRequest(number, { by: 'bob' })
  expect(await harbour.synced(repository, number)).toContain('1 configured')
  expect((await live.get(web))?.spec).toMatchObject({ replicas: 2 })
})

test('a required check holds a pull request that the API server refuses; nothing of it is applied', async () => {
  const files = appFiles('app', app, { image: 'registry.example/web:2.0.0', text: 'other' })
  const web = (files['app/web.yaml'] ?? '').replace('replicas: 1', 'replica: 1')
  const number = await open('Misspelt', { ...files, 'app/web.yaml': web })
  expect(comment(number)).toContain('`app/web.yaml:')
  expect(comment(number)).toContain('field not declared in schema')
  await expect(repository.mergePullRequest(number, { by: 'bob' })).rejects.toThrow()
  await repository.closePullRequest(number, 'alice')
})

test('a direct push is synced too, and marked as such', async () => {
  const files = appFiles('app', app, { image: 'registry.example/web:3.0.0', text: 'other' })
  const sha = await repository.commit('main', files, 'Straight to main', 'carol')
  const run = await harbour.emulator.waitFor(
    () => repository.checkRuns(sha).find((each) => each.name === `drydock / ${app}`),
    {
      what: 'the check of the push',
      timeoutMs: 60_000,
    },
  )
  expect(run.conclusion).toBe('success')
  expect(run.summary).toContain('Direct push by carol')
  expect(repository.deployments().at(-1)?.description).toBe('direct push by carol')
  expect(JSON.stringify((await live.get(web))?.spec)).toContain('web:3.0.0')
})

test('a deletion that loses data is held, with the reason and what to do', async () => {
  const group = `${app}.example.test`
  const kind = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `boats.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'boats', singular: 'boat', kind: 'Boat' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  }
  const definition = { apiVersion: kind.apiVersion, kind: kind.kind, name: kind.metadata.name }
  const path = 'app/boats.json'
  const added = await open('Add a kind', { [path]: JSON.stringify(kind) })
  await repository.mergePullRequest(added, { by: 'bob' })
  expect(await harbour.synced(repository, added)).toContain('✅ Synced 1 app')
  const number = await open('Drop the kind', { [path]: null })
  expect(repository.checkRuns(repository.pullRequest(number).headSha).map((run) => run.conclusion)).toContain(
    'action_required',
  )
  expect(comment(number)).toContain('[!CAUTION]')
  await repository.commit('main', { [path]: null }, 'Anyway', 'carol')
  const sha = (await repository.head('main')) ?? ''
  const run = await harbour.emulator.waitFor(
    () => repository.checkRuns(sha).find((each) => each.name === `drydock / ${app}`),
    {
      what: 'the check of the push',
      timeoutMs: 60_000,
    },
  )
  expect(run.conclusion).toBe('failure')
  expect(run.summary).toContain('--accept-risks')
  expect(await live.get(definition)).toBeDefined()
  await live.remove(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.name}`)
})
