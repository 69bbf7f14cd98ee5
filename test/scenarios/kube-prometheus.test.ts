import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RepositoryStory } from '../../src/entry/demo/github/story-types.ts'
import { fresh, type Harbour, openHarbour, realCluster } from '../support/harbour.ts'
import { type Live, openLive } from '../support/live.ts'

const data = process.env.DRYDOCK_TEST_DATA
const possible = realCluster !== undefined && data !== undefined

/** A real application's manifests, all of them, as one app's folder. */
async function manifests(): Promise<Readonly<Record<string, string>>> {
  const root = join(data ?? '', 'kube-prometheus')
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
    .map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [`monitoring${file.slice(root.length)}`, await readFile(file, 'utf8')] as const),
    ),
  )
}

describe.skipIf(!possible)(
  `kube-prometheus${possible ? '' : ' (skipped, because DRYDOCK_TEST_KUBECONFIG and DRYDOCK_TEST_DATA are not set)'}`,
  () => {
    let harbour: Harbour
    let live: Live
    let repository: RepositoryStory
    const app = fresh('monitoring')

    const open = async (head: string, files: Readonly<Record<string, string | null>>) => {
      const number = await repository.openPullRequest({ head, title: head, author: 'alice', files })
      await harbour.planned(repository, number)
      return number
    }
    const title = (number: number) =>
      repository.checkRuns(repository.pullRequest(number).headSha).find((run) => run.name === `drydock / ${app}`)?.title

    beforeAll(async () => {
      harbour = await openHarbour()
      live = await openLive(harbour.kubeconfig)
      const config = `version: 1\napps:\n  - name: ${app}\n    path: monitoring\n    sync: { timeout: 2m }\n`
      repository = await harbour.emulator.createRepository({
        owner: 'acme',
        name: fresh('monitoring'),
        files: { '.github/drydock.yaml': config },
      })
      repository.setPermission('alice', 'write')
      repository.setPermission('bob', 'maintain')
    })
    afterAll(async () => {
      const { objects } = await live.cluster.inventory(repository.fullName, app)
      const kinds = await live.cluster.kinds()
      // Its API is served by nobody, and would keep the namespace from going.
      for (const object of [...objects].sort((one) => (one.kind === 'APIService' ? -1 : 1))) {
        const kind = kinds.find(object.apiVersion, object.kind)
        const scope = object.namespace ? `/namespaces/${object.namespace}` : ''
        const root = object.apiVersion.includes('/') ? '/apis' : '/api'
        await live.remove(`${root}/${object.apiVersion}${scope}/${kind?.resource}/${object.name}`)
      }
      await live.close()
      await harbour.close()
    })

    test('is planned with no error although its namespace and kinds are in the same commit, and synced at once', async () => {
      const files = await manifests()
      const number = await open('add', files)
      expect(title(number)).toBe('131 to create')
      await repository.mergePullRequest(number, { by: 'bob' })
      const log = await harbour.synced(repository, number)
      expect(log).toMatch(/✅ Synced 1 app/)
      expect(log).toContain('131 created')
    }, 240_000)

    test('planned again is unchanged', async () => {
      const kustomization = (await manifests())['monitoring/kustomization.yaml'] ?? ''
      const number = await open('touch', { 'monitoring/kustomization.yaml': `# Only a comment.\n${kustomization}` })
      expect(title(number)).toBe('No changes')
      await repository.closePullRequest(number, 'alice')
    }, 120_000)

    test('one image and one removed object are exactly those two, in the plan and on the cluster', async () => {
      const files = await manifests()
      const path = 'monitoring/manifests/grafana-deployment.yaml'
      const old = /image: (.*grafana:)(\S+)/.exec(files[path] ?? '')
      const kustomization = (files['monitoring/kustomization.yaml'] ?? '').replace(
        /^.*grafana-networkPolicy\.yaml\n/m,
        '',
      )
      const number = await open('two', {
        [path]: (files[path] ?? '').replace(old?.[0] ?? '', `image: ${old?.[1]}99.0.0`),
        'monitoring/manifests/grafana-networkPolicy.yaml': null,
        'monitoring/kustomization.yaml': kustomization,
      })
      expect(title(number)).toBe('1 to update, 1 to delete')
      await repository.mergePullRequest(number, { by: 'bob' })
      const log = await harbour.synced(repository, number)
      expect(log).toMatch(/1 configured, 1 deleted|1 deleted, 1 configured/)
      const grafana = await live.get({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        namespace: 'monitoring',
        name: 'grafana',
      })
      expect(JSON.stringify(grafana?.spec)).toContain('grafana:99.0.0')
      expect(
        await live.get({
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          namespace: 'monitoring',
          name: 'grafana',
        }),
      ).toBeUndefined()
    }, 240_000)
  },
)
