import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../src/core/model/app.ts'
import type { SyncOutcome } from '../../src/core/model/outcome.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../adapters/kubernetes/control-plane.ts'
import { beginJournal } from './journal.ts'
import { configMap, crashing, deployment, files, job, secret, service } from './manifests.ts'
import { ownApp } from './own-app.ts'
import { type History, shopIn } from './support.ts'

describe.skipIf(!kubeconfig)(`the order of a sync${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('order')
  })
  afterAll(() => plane.close())

  const begin = (history: History, sync: Partial<App['sync']> = {}) => ownApp(plane, history, sync)
  const hook = (phase: string, more = {}) => ({ 'drydock.dev/hook': phase, ...more })
  const wave = (number: number) => ({ 'drydock.dev/wave': String(number) })
  const result = (outcome: SyncOutcome, name: string) => outcome.objects.find((each) => each.name === name)

  it('is phase, wave, kind; each wave when the one before is healthy', async () => {
    const { sync, plan, lines, inventory } = await begin({
      a: files(
        job('smoke', hook('post-sync')),
        deployment('web', { slow: true }),
        configMap('late', wave(1)),
        job('migrate', hook('pre-sync')),
        service('web'),
        secret('web'),
        configMap('early', wave(-1)),
        job('prepare', hook('pre-sync', wave(-2))),
        job('alarm', hook('sync-fail')),
      ),
    })
    const planned = await plan('a')
    expect(planned.errors).toEqual([])
    const marks = planned.changes.flatMap(({ name, hook: phases, wave: number }) =>
      phases || number !== undefined ? [[name, phases?.phases ?? [], number ?? 0]] : [],
    )
    expect(marks.sort()).toEqual([
      ['alarm', ['sync-fail'], 0],
      ['early', [], -1],
      ['late', [], 1],
      ['migrate', ['pre-sync'], 0],
      ['prepare', ['pre-sync'], -2],
      ['smoke', ['post-sync'], 0],
    ])
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
    expect(await lines()).toEqual([
      '+ Job prepare',
      '= Job prepare',
      '+ Job migrate',
      '= Job migrate',
      '+ ConfigMap early',
      '+ Secret web',
      '+ Service web',
      '+ Deployment web',
      '= Deployment web',
      '+ ConfigMap late',
      '+ Job smoke',
      '= Job smoke',
    ])
    const owned = (await inventory()).objects.map((each) => each.kind)
    expect(owned.sort()).toEqual(['ConfigMap', 'ConfigMap', 'Deployment', 'Secret', 'Service'])
  })

  it('stops at a wave that fails: nothing after it, nothing pruned, the reason said', async () => {
    const { sync, lines, inventory } = await begin(
      {
        a: files(configMap('old')),
        b: files(
          crashing(deployment('web')),
          configMap('later', wave(1)),
          job('smoke', hook('post-sync')),
          job('alarm', hook('sync-fail')),
        ),
      },
      { timeoutMs: 4_000 },
    )
    await sync('a')
    const failed = await sync('b')
    expect(failed).toMatchObject({ state: 'failed' })
    expect(failed.problems.map((each) => each.message).join('\n')).toMatch(
      /Deployment order-\w+\/web.*CrashLoopBackOff/,
    )
    expect(await lines()).toEqual(['+ ConfigMap old', '+ Deployment web', '+ Job alarm', '= Job alarm'])
    expect(result(failed, 'alarm')).toMatchObject({ result: 'created', hook: 'sync-fail' })
    expect(await inventory()).toMatchObject({ revision: 'a' })
    // What was applied already is waited for again.
    expect(await sync('b')).toMatchObject({ state: 'failed' })
    expect((await lines()).slice(4)).toEqual(['- Job alarm', '+ Job alarm', '= Job alarm'])
  })

  it('makes a namespace before what is in it, a hook too, whatever the waves say', async () => {
    const namespace = randomName('later')
    const { lines } = await beginJournal(plane, namespace)
    const space = `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${namespace}, annotations: {drydock.dev/wave: "5"}}\n`
    const { sync } = shopIn(
      plane,
      { a: files(space, configMap('web', wave(-1)), job('migrate', hook('pre-sync'))) },
      { namespace },
      { timeoutMs: 15_000 },
    )
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
    expect((await lines()).filter((line) => !line.startsWith('='))).toEqual([
      `+ Namespace ${namespace}`,
      '+ Job migrate',
      '+ ConfigMap web',
    ])
  })

  it('makes a definition before objects of its kind, whatever the waves say', async () => {
    const group = `${randomName('g')}.example.com`
    plane.later(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`)
    const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.${group}, annotations: {drydock.dev/wave: "3"}}
spec:
  group: ${group}
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`
    const widget = `apiVersion: ${group}/v1\nkind: Widget\nmetadata: {name: a, annotations: {drydock.dev/wave: "-3"}}\n`
    const { sync, get } = await begin({ a: files(definition, widget, configMap('web')) })
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
    expect(await get('Widget', 'a', `${group}/v1`)).toBeDefined()
  })

  it('deletes in reverse: the last wave first, and last of all', async () => {
    const { sync, lines } = await begin({
      a: files(
        configMap('base', wave(-1)),
        secret('middle'),
        service('middle'),
        deployment('middle'),
        configMap('top', wave(2)),
        configMap('stays'),
      ),
      b: files(configMap('stays'), configMap('new', wave(9)), job('smoke', hook('post-sync'))),
    })
    await sync('a')
    expect(await sync('b')).toMatchObject({ state: 'succeeded', problems: [] })
    const told = await lines()
    expect(told.slice(told.indexOf('+ ConfigMap new'))).toEqual([
      '+ ConfigMap new',
      '+ Job smoke',
      '= Job smoke',
      '- ConfigMap top',
      '- Deployment middle',
      '- Service middle',
      '- Secret middle',
      '- ConfigMap base',
    ])
  })
})
