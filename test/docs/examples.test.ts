import { glob, readFile } from 'node:fs/promises'
import { loadAll } from 'js-yaml'
import { describe, expect, test } from 'vitest'
import { parseRepositoryConfig } from '../../src/core/config/repository.ts'
import type { KubeObject } from '../../src/core/model/object.ts'
import { definesArgoHook, directivesOf } from '../../src/core/sync/directives.ts'
import { scheduleOf, type Wave } from '../../src/core/sync/schedule.ts'

const folder = 'examples/order'

async function manifests(): Promise<readonly KubeObject[]> {
  const objects: KubeObject[] = []
  for await (const path of glob(`${folder}/manifests/*.yaml`)) {
    objects.push(...(loadAll(await readFile(path, 'utf8')) as KubeObject[]))
  }
  // As the app's `namespace` does it.
  return objects.map((object) =>
    object.kind === 'Namespace' ? object : { ...object, metadata: { ...object.metadata, namespace: 'shop' } },
  )
}

const nameOf = ({ kind, metadata }: KubeObject): string =>
  `${kind} ${metadata.name ?? (metadata as { generateName?: string }).generateName}`

describe('the example of waves and hooks', async () => {
  const objects = await manifests()
  const context = { argoHooks: definesArgoHook(objects), install: true }
  const items = objects.map((object) => ({ object, directives: directivesOf(object, context) }))

  test('has a configuration that is read without a remark', async () => {
    const text = await readFile(`${folder}/.github/drydock.yaml`, 'utf8')
    expect(parseRepositoryConfig(text, '.github/drydock.yaml', ['manifests']).notes).toEqual([])
  })

  test('has no annotation that Drydock does not know', () => {
    expect(items.flatMap(({ directives }) => [...directives.warnings, ...directives.faults])).toEqual([])
  })

  test('is applied in the order of its README', () => {
    const schedule = scheduleOf(items, (each) => each)
    const steps = (waves: readonly Wave<(typeof items)[number]>[]) =>
      waves.flatMap((wave) => wave.stages.flat().map(({ object }) => nameOf(object)))
    const sync = ['Namespace shop', 'Service db', 'StatefulSet db', 'Job migrate-', 'Service web', 'Deployment web']
    // The Namespace comes before what is in it, whatever the phase of that.
    const all = [...steps(schedule['pre-sync']), ...steps(schedule.sync)]
    expect(all).toEqual(sync)
    expect(steps(schedule['post-sync'])).toEqual(['Job smoke-test'])
    expect(steps(schedule['sync-fail'])).toEqual(['Job tell'])
  })
})
