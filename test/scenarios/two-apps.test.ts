import { expect, test } from 'vitest'
import { configuration } from '../support/app-files.ts'
import { fresh, openHarbour } from '../support/harbour.ts'
import { openLive } from '../support/live.ts'

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`

test('an app whose namespace another app of the same pull request creates is planned, and synced in one merge', async () => {
  const harbour = await openHarbour()
  const live = await openLive(harbour.kubeconfig)
  const namespace = fresh('shared')
  try {
    // The host has much more to plan before it applies its namespace: the guest comes first.
    const apps = { [`a-${namespace}`]: { path: 'guest', namespace }, [`b-${namespace}`]: { path: 'host', namespace } }
    const repository = await harbour.emulator.createRepository({
      owner: 'acme',
      name: fresh('two'),
      files: { '.github/drydock.yaml': configuration(apps) },
    })
    const number = await repository.openPullRequest({
      head: 'add',
      title: 'Add two apps',
      author: 'alice',
      files: {
        'guest/settings.yaml': configMap('guest'),
        'host/namespace.yaml': `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${namespace}\n`,
        'host/settings.yaml': ['host', ...Array.from({ length: 200 }, (_, index) => `more-${index}`)]
          .map(configMap)
          .join('---\n'),
      },
    })
    expect(await harbour.planned(repository, number)).toBe('success')
    await repository.mergePullRequest(number, { by: 'bob' })
    await harbour.emulator.waitFor(
      () => repository.comments(number).some((comment) => comment.body.includes('✅ Synced 2 apps')),
      { what: 'both syncs', timeoutMs: 60_000 },
    )
    for (const name of ['guest', 'host']) {
      expect(await live.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name })).toBeDefined()
    }
    expect(harbour.emulator.violations).toEqual([])
  } finally {
    await live.remove(`/api/v1/namespaces/${namespace}`)
    await live.close()
    await harbour.close()
  }
}, 90_000)
