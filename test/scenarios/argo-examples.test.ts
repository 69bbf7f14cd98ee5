import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createRenderer } from '../../src/adapters/render/renderer.ts'
import type { RenderKind } from '../../src/core/model/app.ts'
import { at } from '../../src/core/model/object.ts'
import {
  type ControlPlane,
  kubeconfig,
  openControlPlane,
  randomName,
  skipped,
} from '../adapters/kubernetes/control-plane.ts'
import { configMap, deployment, files, job, replicaSet, service } from '../flows/manifests.ts'
import { ownApp } from '../flows/own-app.ts'
import type { History } from '../flows/support.ts'

const argo = (words: Record<string, string>) =>
  Object.fromEntries(Object.entries(words).map(([key, value]) => [`argocd.argoproj.io/${key}`, value]))
const helm = (words: Record<string, string>) =>
  Object.fromEntries(Object.entries(words).map(([key, value]) => [`helm.sh/${key}`, value]))
/** A name that the server would have made up. */
const generated = (text: string) => text.replace('"name":', '"generateName":')

/** Apps of the shapes of github.com/argoproj/argocd-example-apps, and what Argo CD's documentation says of them. */
describe.skipIf(!kubeconfig)(`apps made for Argo CD${skipped}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await openControlPlane('argo')
  })
  afterAll(() => plane.close())

  const begin = (history: History) => ownApp(plane, history, { timeoutMs: 20_000 })
  /** A journal without what a name was made of. */
  const stripped = (lines: readonly string[]) => lines.map((line) => line.replace(/[0-9a-f]{8}$/, '…'))

  it('sync-waves: hooks and objects of one app in four waves', async () => {
    const page = (name: string, wave: string) =>
      job(name, argo({ hook: 'Sync', 'hook-delete-policy': 'BeforeHookCreation', 'sync-wave': wave }))
    const app = (image: string) =>
      files(
        generated(job('upgrade-sql-schema-', argo({ hook: 'PreSync', 'sync-wave': '0' }))),
        generated(job('check-sql-schema-', argo({ hook: 'PreSync', 'sync-wave': '1' }))),
        replicaSet('backend', {}, image),
        service('backend'),
        page('maint-page-up', '1'),
        replicaSet('frontend', argo({ 'sync-wave': '2' }), image),
        service('frontend', argo({ 'sync-wave': '2' })),
        page('maint-page-down', '3'),
      )
    const { sync, plan, lines } = await begin({ a: app('web:1'), b: app('web:2') })
    expect((await plan('a')).notes ?? []).toEqual([])
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
    const first = await lines()
    expect(stripped(first)).toEqual([
      ...['+ Job upgrade-sql-schema-…', '= Job upgrade-sql-schema-…'],
      ...['+ Job check-sql-schema-…', '= Job check-sql-schema-…'],
      ...['+ Service backend', '+ ReplicaSet backend', '= ReplicaSet backend'],
      ...['+ Job maint-page-up', '= Job maint-page-up'],
      ...['+ Service frontend', '+ ReplicaSet frontend', '= ReplicaSet frontend'],
      ...['+ Job maint-page-down', '= Job maint-page-down'],
    ])
    expect(await sync('a')).toMatchObject({ state: 'succeeded', objects: [] })
    expect(await lines()).toEqual(first)
    expect(await sync('b')).toMatchObject({ state: 'succeeded', problems: [] })
    const again = (name: string) => [`- Job ${name}`, `+ Job ${name}`, `= Job ${name}`]
    expect(stripped(await lines()).slice(first.length)).toEqual([
      ...again('upgrade-sql-schema-…'),
      ...again('check-sql-schema-…'),
      ...again('maint-page-up'),
      ...again('maint-page-down'),
    ])
  })

  it('pre-post-sync: Kustomize names hooks too, and they go once they succeeded', async () => {
    const hook = (phase: string) => argo({ hook: phase, 'hook-delete-policy': 'HookSucceeded' })
    const text = await rendered('kustomize', {
      'kustomization.yaml':
        'namePrefix: pre-post-sync-\nresources: [web.yaml, service.yaml, before.yaml, after.yaml]\n',
      'web.yaml': deployment('guestbook-ui'),
      'service.yaml': service('guestbook-ui'),
      'before.yaml': job('before', hook('PreSync')),
      'after.yaml': job('after', hook('PostSync')),
    })
    const { sync, lines, jobOf } = await begin({ a: files(text) })
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
    const told = await lines()
    expect(made(told)).toEqual([
      ...['+ Job pre-post-sync-before', '= Job pre-post-sync-before'],
      ...['+ Service pre-post-sync-guestbook-ui', '+ Deployment pre-post-sync-guestbook-ui'],
      '= Deployment pre-post-sync-guestbook-ui',
      ...['+ Job pre-post-sync-after', '= Job pre-post-sync-after'],
    ])
    expect(await jobOf('pre-post-sync-before')).toBeUndefined()
    expect(await jobOf('pre-post-sync-after')).toBeUndefined()
  })

  it('helm-hooks: plain manifests with annotations of Helm, weights as waves', async () => {
    const app = (image: string) =>
      files(
        generated(job('upgrade-sql-schema', helm({ hook: 'pre-install', 'hook-weight': '-2' }))),
        job(
          'maint-page-up',
          helm({ hook: 'pre-install', 'hook-weight': '-1', 'hook-delete-policy': 'before-hook-creation' }),
        ),
        replicaSet('frontend', {}, image),
        service('frontend', helm({ 'hook-weight': '2' })),
        job('maint-page-down', helm({ hook: 'post-install', 'hook-delete-policy': 'before-hook-creation' })),
      )
    const { sync, lines } = await begin({ a: app('web:1'), b: app('web:2') })
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
    const first = await lines()
    expect(stripped(first)).toEqual([
      ...['+ Job upgrade-sql-schema…', '= Job upgrade-sql-schema…'],
      ...['+ Job maint-page-up', '= Job maint-page-up'],
      ...['+ ReplicaSet frontend', '= ReplicaSet frontend', '+ Service frontend'],
      ...['+ Job maint-page-down', '= Job maint-page-down'],
    ])
    // Unlike Argo CD, which can't tell an installation from an upgrade.
    expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [{ name: 'frontend' }] })
    expect(await lines()).toEqual(first)
  })

  describe('a chart', () => {
    const chart = (templates: Record<string, string>) => ({
      'Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
      'values.yaml': 'image: web:1\n',
      ...Object.fromEntries(Object.entries(templates).map(([name, text]) => [`templates/${name}.yaml`, text])),
    })
    const templates = {
      web: deployment('web', { image: '{{ .Values.image }}' }),
      install: job('install', helm({ hook: 'pre-install', 'hook-weight': '-5' })),
      migrate: job(
        'migrate',
        helm({ hook: 'pre-install,pre-upgrade', 'hook-delete-policy': 'before-hook-creation,hook-succeeded' }),
      ),
      account: configMap(
        'account',
        helm({
          hook: 'pre-install,pre-upgrade',
          'hook-weight': '-10',
          'hook-delete-policy': 'before-hook-creation,hook-succeeded',
        }),
      ),
      upgraded: job('upgraded', helm({ hook: 'post-upgrade' })),
      cleanup: job('cleanup', helm({ hook: 'pre-delete' })),
      test: job('test', helm({ hook: 'test' })),
      data: configMap('data', helm({ 'resource-policy': 'keep' })),
    }
    const { data: _, ...without } = templates
    const render = (values: string, all: Record<string, string> = templates) =>
      rendered('helm', { ...chart(all), 'values.yaml': values })

    it('runs the hooks of an installation, then those of an upgrade, and no others', async () => {
      const { sync, plan, lines, get } = await begin({
        a: files(await render('image: web:1')),
        b: files(await render('image: web:2', without)),
      })
      expect((await plan('a')).changes.map((each) => each.name).sort()).toEqual([
        'account',
        'data',
        'install',
        'migrate',
        'web',
      ])
      expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
      const first = await lines()
      expect(made(first)).toEqual([
        '+ ConfigMap account',
        ...['+ Job install', '= Job install'],
        ...['+ Job migrate', '= Job migrate'],
        '+ ConfigMap data',
        ...['+ Deployment web', '= Deployment web'],
      ])
      expect((await plan('b')).changes.map((each) => each.name).sort()).toEqual([
        'account',
        'migrate',
        'upgraded',
        'web',
      ])
      expect(await sync('b')).toMatchObject({ state: 'succeeded', problems: [] })
      const second = (await lines()).slice(first.length)
      expect(made(second)).toEqual([
        '+ ConfigMap account',
        ...['+ Job migrate', '= Job migrate'],
        ...['+ Job upgraded', '= Job upgraded'],
      ])
      // A hook of a lower weight stays until those that need it are done.
      for (const told of [first, second]) {
        const done = told.slice(told.indexOf('= Job migrate'))
        expect(told.filter((line) => line.startsWith('-')).sort()).toEqual(['- ConfigMap account', '- Job migrate'])
        expect(done).toEqual(expect.arrayContaining(['- ConfigMap account', '- Job migrate']))
      }
      expect(await get('ConfigMap', 'data')).toBeDefined()
    })

    it('has no hooks of Helm beside one of Argo CD: they are ordinary objects, and that is said', async () => {
      const mixed = { ...templates, notify: job('notify', argo({ hook: 'PostSync' })) }
      const { sync, plan, lines, inventory } = await begin({ a: files(await render('image: web:1', mixed)) })
      expect((await plan('a')).notes?.join('\n')).toContain('hooks of Argo CD')
      expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
      const told = await lines()
      expect(told.slice(-2)).toEqual(['+ Job notify', '= Job notify'])
      for (const name of ['Job test', 'Job cleanup']) expect(told).not.toContain(`+ ${name}`)
      const owned = (await inventory()).objects.map((each) => each.name)
      expect(owned.sort()).toEqual(['account', 'data', 'install', 'migrate', 'upgraded', 'web'])
    })
  })

  it('blue-green: a custom kind with its definition in the chart, and two services', async () => {
    const group = `${randomName('argo')}.example.com`
    plane.later(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/rollouts.${group}`)
    const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: rollouts.${group}}
spec:
  group: ${group}
  scope: Namespaced
  names: {kind: Rollout, plural: rollouts}
  versions:
    - name: v1alpha1
      served: true
      storage: true
      subresources: {status: {}}
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`
    const rollout = `apiVersion: ${group}/v1alpha1
kind: Rollout
metadata: {name: "{{ .Release.Name }}"}
spec:
  replicas: 1
  strategy: {blueGreen: {activeService: "{{ .Release.Name }}", previewService: "{{ .Release.Name }}-preview"}}
  template: {spec: {containers: [{name: web, image: "{{ .Values.image }}"}]}}
`
    const chart = (image: string) =>
      rendered('helm', {
        'Chart.yaml': 'apiVersion: v2\nname: blue-green\nversion: 1.0.0\n',
        'values.yaml': `image: ${image}\n`,
        'crds/rollout.yaml': definition,
        'templates/rollout.yaml': rollout,
        'templates/services.yaml': `---\n${service('{{ .Release.Name }}')}---\n${service('{{ .Release.Name }}-preview')}`,
      })
    const { sync, plan, get, lines } = await begin({
      a: files(await chart('web:blue')),
      b: files(await chart('web:green')),
    })
    const image = async () =>
      at(await get('Rollout', 'shop', `${group}/v1alpha1`), 'spec', 'template', 'spec', 'containers', 0, 'image')
    expect(await sync('a')).toMatchObject({ state: 'succeeded', problems: [] })
    expect(await lines()).toEqual(expect.arrayContaining(['+ Service shop', '+ Service shop-preview']))
    expect(await image()).toBe('web:blue')
    expect((await plan('b')).changes).toMatchObject([{ kind: 'Rollout', action: 'update' }])
    expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [{ kind: 'Rollout' }] })
    expect(await image()).toBe('web:green')
  })

  it('Skip: the manifest is neither applied nor deleted', async () => {
    const { sync, lines, plan } = await begin({
      a: files(configMap('web'), configMap('other')),
      b: files(
        configMap('web', {}, '2'),
        configMap('other', argo({ hook: 'Skip' }), '2'),
        configMap('new', argo({ hook: 'Skip' })),
      ),
    })
    await sync('a')
    expect((await plan('b')).changes.map((each) => each.name)).toEqual(['web'])
    expect(await sync('b')).toMatchObject({ state: 'succeeded', objects: [{ name: 'web' }] })
    expect((await lines()).toSorted()).toEqual(['+ ConfigMap other', '+ ConfigMap web'])
  })
})

/** A journal without deletions. */
function made(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !line.startsWith('-'))
}

/** What the real program makes of these files, as one text. */
async function rendered(kind: RenderKind, texts: Record<string, string>): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'drydock-argo-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(root, 'app', name)), { recursive: true })
    writeFileSync(join(root, 'app', name), text)
  }
  const path = process.platform === 'linux' && process.arch === 'x64' ? '' : (process.env.PATH ?? '')
  const found = await createRenderer({ path })({ root, path: 'app', kind, name: 'shop' })
  return found.map((each) => each.text).join('\n---\n')
}
