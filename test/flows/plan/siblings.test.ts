import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DrydockError, type ErrorCode } from '../../../src/core/model/errors.ts'
import { applySetId, fieldManager, parentName, partOfLabel } from '../../../src/core/model/inventory.ts'
import type { LiveObject } from '../../../src/core/model/object.ts'
import { planOneApp } from '../../../src/flows/plan/plan-app.ts'
import { siblingsOf } from '../../../src/flows/plan/siblings.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../../adapters/kubernetes/control-plane.ts'
import { appOf } from '../../core/plan/facts.ts'
import { configMap } from '../repository.ts'
import { type History, repositoryOf, shopOf, workshopOn } from '../support.ts'

describe.skipIf(!kubeconfig)(`the other apps of a repository${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('siblings')
  })
  afterAll(() => plane.close())

  const config = (...names: readonly string[]) => ({
    '.github/drydock.yaml': `version: 1\napps:\n${names
      .map((each) => `  - {name: ${each}, path: apps/${each.split(',')[0]}, namespace: ${plane.namespace}}\n`)
      .join('')}`,
  })

  describe('that may live on this cluster by another name', () => {
    const begin = (code: ErrorCode) => {
      const repositoryName = `acme/${randomName('siblings')}`
      const history: History = {
        one: {
          '.github/drydock.yaml': `version: 1
apps:
  - {name: left, path: apps/left, namespace: ${plane.namespace}}
  - {name: right, path: apps/right, namespace: ${plane.namespace}, cluster: other}
`,
          'apps/left/a.yaml': configMap('a'),
          'apps/right/moved.yaml': configMap('moved'),
        },
      }
      const open = async (name: string) => {
        if (name === 'other') throw new DrydockError(code, 'The token has expired.')
        return plane.cluster
      }
      const request = { repository: repositoryOf(history), repositoryName, app: appOf({ name: 'left' }), head: 'one' }
      const siblings = siblingsOf({ ...workshopOn(plane.cluster), clusters: { open } }, request, plane.cluster)
      const reference = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: plane.namespace, name })
      const live: LiveObject = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: 'left-over',
          namespace: plane.namespace,
          uid: '1',
          resourceVersion: '1',
          labels: { [partOfLabel]: applySetId(repositoryName, 'right') },
          managedFields: [{ manager: fieldManager }],
        },
      }
      return { siblings, reference, live }
    }

    it.each(['cluster-unreachable', 'cluster-refused'] as const)(
      'decide nothing while that can not be told (%s)',
      async (code) => {
        const { siblings, reference, live } = begin(code)
        expect(await siblings.claimOf(reference('moved'))).toEqual({
          undecided: 'right has it, maybe on this cluster: The token has expired',
        })
        expect(await siblings.claimOf(reference('another'))).toBeUndefined()
        expect(await siblings.giverOf(live)).toBeUndefined()
      },
    )

    it('live elsewhere, when the server has no such cluster for this repository', async () => {
      const { siblings, reference, live } = begin('forbidden-target')
      expect(await siblings.claimOf(reference('moved'))).toBeUndefined()
      expect(await siblings.giverOf(live)).toBe('right')
    })
  })

  it('give up nothing that they have at the newest commit', async () => {
    const repositoryName = `acme/${randomName('siblings')}`
    const [a, b, moved] = [randomName('a'), randomName('b'), randomName('moved')]
    const history: History = {
      one: { ...config('left'), 'apps/left/a.yaml': configMap(a), 'apps/left/moved.yaml': configMap(moved) },
      two: {
        ...config('left', 'right'),
        'apps/left/a.yaml': configMap(a),
        'apps/right/b.yaml': configMap(b),
        'apps/right/moved.yaml': configMap(moved),
      },
    }
    const app = (name: string) =>
      appOf({ name, path: `apps/${name}`, namespace: plane.namespace }, { timeoutMs: 15_000 })
    for (const name of ['left', 'right'])
      plane.later(`/api/v1/namespaces/drydock/configmaps/${parentName(repositoryName, name)}`)
    const shop = (name: string) => shopOf(plane.cluster, repositoryName, history, app(name))
    expect(await shop('left').sync('one')).toMatchObject({ state: 'succeeded' })
    for (const name of ['left', 'right']) expect(await shop(name).sync('two')).toMatchObject({ state: 'succeeded' })
    const request = {
      repository: repositoryOf(history),
      repositoryName,
      app: app('left'),
      head: 'one',
      base: 'synced',
      oldLeftovers: 'change',
    } as const
    const back = await planOneApp(workshopOn(plane.cluster), { ...request, newest: 'two' })
    expect(back.plan.errors).toMatchObject([{ code: 'already-owned' }])
    // Without a newer commit it has been taken off the configuration.
    expect((await planOneApp(workshopOn(plane.cluster), request)).plan.changes).toMatchObject([
      { name: moved, from: 'right' },
    ])
  })
})
