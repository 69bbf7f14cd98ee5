import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { loadAll } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPrograms } from '../../src/adapters/render/programs.ts'
import { parseServerConfig } from '../../src/core/config/server.ts'
import { at, isArray, type Json, textAt } from '../../src/core/model/object.ts'

const run = promisify(execFile)
const possible = process.platform === 'linux' && process.arch === 'x64'
const reason = possible ? '' : ' (skipped: the npm package holds helm for Linux on x64 only)'

describe.skipIf(!possible)(`the chart${reason}`, () => {
  let helm = ''
  let home = ''

  beforeAll(async () => {
    helm = (await findPrograms('').helm()).file
    home = await mkdtemp(join(tmpdir(), 'drydock-chart-'))
  })
  afterAll(() => rm(home, { recursive: true, force: true }))

  /** The chart's objects by kind. */
  async function render(...settings: readonly string[]): Promise<ReadonlyMap<string, Json>> {
    const set = settings.flatMap((each) => ['--set', each])
    const { stdout } = await run(helm, ['template', 'drydock', 'deploy/chart', ...set], { env: { HOME: home } })
    const objects = (loadAll(stdout) as Json[]).filter((object) => object !== null && object !== undefined)
    return new Map(objects.map((object) => [textAt(object, 'kind') ?? '', object]))
  }

  const container = (objects: ReadonlyMap<string, Json>): Json => {
    const list = at(objects.get('Deployment'), 'spec', 'template', 'spec', 'containers')
    return isArray(list) ? (list[0] ?? null) : null
  }
  const variables = (objects: ReadonlyMap<string, Json>): readonly (string | undefined)[] => {
    const list = at(container(objects), 'env')
    return isArray(list) ? list.map((each) => textAt(each, 'name')) : []
  }

  test('asks the health pages that the server has, and keeps PGlite in a volume of one process', async () => {
    const objects = await render()
    expect(textAt(container(objects), 'livenessProbe', 'httpGet', 'path')).toBe('/livez')
    expect(textAt(container(objects), 'readinessProbe', 'httpGet', 'path')).toBe('/readyz')
    expect(objects.has('PersistentVolumeClaim')).toBe(true)
    expect(textAt(objects.get('Deployment'), 'spec', 'strategy', 'type')).toBe('Recreate')
    expect(variables(objects)).not.toContain('DATABASE_URL')
  })

  test('takes DATABASE_URL from the Secret, and then needs no volume', async () => {
    const objects = await render('database=postgres', 'replicas=2')
    expect(variables(objects)).toContain('DATABASE_URL')
    expect(objects.has('PersistentVolumeClaim')).toBe(false)
  })

  test('refuses two processes on one data folder', async () => {
    await expect(render('replicas=2')).rejects.toThrow('pglite runs as one process')
  })

  test('hands over a configuration that the server reads', async () => {
    const text = textAt((await render()).get('ConfigMap'), 'data', 'server.yaml') ?? ''
    expect(parseServerConfig(text, 'server.yaml').clusters.default).toEqual({ inCluster: true })
  })

  test('takes STORE_KEY from the Secret, and does without it', async () => {
    const list = at(container(await render()), 'env')
    const key = isArray(list) ? list.find((each) => textAt(each, 'name') === 'STORE_KEY') : undefined
    expect(at(key, 'valueFrom', 'secretKeyRef')).toEqual({ name: 'drydock', key: 'STORE_KEY', optional: true })
  })

  /** What the account may do with a kind. */
  async function verbsOf(...settings: readonly string[]): Promise<(resource: string) => readonly string[]> {
    const rules = at((await render(...settings)).get('ClusterRole'), 'rules')
    return (resource) =>
      (isArray(rules) ? rules : []).flatMap((rule) =>
        JSON.stringify(at(rule, 'resources')).includes(`"${resource}"`) ? (at(rule, 'verbs') as string[]) : [],
      )
  }

  test('lets the account look for the cause of what is not healthy, whatever the apps consist of', async () => {
    const verbs = await verbsOf('rbac.rules=null')
    for (const each of ['pods', 'replicasets']) expect(verbs(each)).toEqual(expect.arrayContaining(['list', 'watch']))
    for (const each of ['events', 'storageclasses', 'resourcequotas', 'limitranges', 'services', 'persistentvolumes']) {
      expect(verbs(each)).toEqual(expect.arrayContaining(['get', 'list']))
      expect(verbs(each)).not.toContain('delete')
    }
  })

  test('lets the account watch the kinds that it is given', async () => {
    const kind = { 'rbac.rules[0].apiGroups[0]': 'cert-manager.io', 'rbac.rules[0].resources[0]': 'certificates' }
    const verbs = await verbsOf(...Object.entries(kind).map(([key, value]) => `${key}=${value}`))
    expect(verbs('certificates')).toEqual(['get', 'list', 'watch', 'create', 'patch', 'update', 'delete'])
  })

  test('lets the account keep inventories and dry-run what it applies', async () => {
    const verbs = await verbsOf()
    expect(verbs('configmaps')).toEqual(expect.arrayContaining(['get', 'create', 'update', 'patch']))
    expect(verbs('deployments')).toEqual(
      expect.arrayContaining(['get', 'list', 'watch', 'create', 'patch', 'update', 'delete']),
    )
  })
})
