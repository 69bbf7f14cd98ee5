import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stageOf } from '../../../src/core/manifests/order.ts'
import type { Directives, Phase } from '../../../src/core/model/directives.ts'
import { type KubeObject, textAt } from '../../../src/core/model/object.ts'
import { groupOf } from '../../../src/core/model/reference.ts'
import { phases, pruneOrder, type Schedule, scheduleOf, type Wave } from '../../../src/core/sync/schedule.ts'

type Item = { readonly object: KubeObject; readonly directives: Directives }

const ordinary: Directives = {
  wave: 0,
  apply: 'always',
  replaceAllowed: false,
  prune: 'yes',
  propagation: 'Background',
  validate: true,
  ignoreHealth: false,
  warnings: [],
  faults: [],
}

type Written = { readonly in?: string; readonly wave?: number; readonly hook?: readonly Phase[]; readonly of?: string }

/** `Widget` is a custom kind, unless another group is given. */
function item(kind: string, name: string, { in: namespace, wave = 0, hook, of }: Written = {}): Item {
  const apiVersion = of ? `${of}/v1` : kind === 'CustomResourceDefinition' ? 'apiextensions.k8s.io/v1' : 'v1'
  const spec = kind === 'CustomResourceDefinition' ? { spec: { group: 'acme.dev', names: { kind: name } } } : {}
  return {
    object: { apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) }, ...spec },
    directives: { ...ordinary, wave, ...(hook ? { hook: { phases: hook, deletion: [], family: 'drydock' } } : {}) },
  }
}

const named = ({ object }: Item): string => `${object.kind} ${object.metadata.name}`
const lines = (waves: readonly Wave<Item>[]): readonly string[] =>
  waves.map(({ wave, stages }) => `${wave}: ${stages.map((stage) => stage.map(named).join(', ')).join(' > ')}`)
const scheduled = (...items: readonly Item[]): Schedule<Item> => scheduleOf(items, (each) => each)

describe('the order of a sync', () => {
  it('is phase, wave, stage of the kind, kind, name', () => {
    const schedule = scheduled(
      item('Deployment', 'web', { in: 'shop', of: 'apps' }),
      item('Job', 'smoke', { in: 'shop', of: 'batch', hook: ['post-sync'] }),
      item('Service', 'web', { in: 'shop' }),
      item('ConfigMap', 'b', { in: 'shop' }),
      item('Job', 'migrate', { in: 'shop', of: 'batch', hook: ['pre-sync'], wave: 1 }),
      item('ConfigMap', 'a', { in: 'shop' }),
      item('Secret', 'a', { in: 'shop' }),
      item('Deployment', 'cache', { in: 'shop', of: 'apps', wave: -1 }),
      item('Job', 'alarm', { in: 'shop', of: 'batch', hook: ['post-sync', 'sync-fail'] }),
    )
    expect(lines(schedule['pre-sync'])).toEqual(['1: Job migrate'])
    expect(lines(schedule.sync)).toEqual([
      '-1: Deployment cache',
      '0: ConfigMap a, ConfigMap b, Secret a > Service web > Deployment web',
    ])
    expect(lines(schedule['post-sync'])).toEqual(['0: Job alarm, Job smoke'])
    expect(lines(schedule['sync-fail'])).toEqual(['0: Job alarm'])
  })

  it('brings a namespace before the first that lives in it, also into a pre-sync hook', () => {
    const namespace = item('Namespace', 'shop', { wave: 5 })
    expect(lines(scheduled(namespace, item('ConfigMap', 'a', { in: 'shop', wave: 1 })).sync)).toEqual([
      '1: Namespace shop > ConfigMap a',
    ])
    const schedule = scheduled(
      namespace,
      item('ConfigMap', 'a', { in: 'shop', wave: 1 }),
      item('Job', 'migrate', { in: 'shop', of: 'batch', hook: ['pre-sync', 'post-sync'], wave: 7 }),
    )
    expect(lines(schedule['pre-sync'])).toEqual(['7: Namespace shop > Job migrate'])
    expect(lines(schedule.sync)).toEqual(['1: ConfigMap a'])
  })

  it('brings a definition before objects of its kind', () => {
    const schedule = scheduled(
      item('Widget', 'a', { in: 'shop', of: 'acme.dev', wave: -3 }),
      item('CustomResourceDefinition', 'Widget', { wave: 2 }),
      item('Widget', 'b', { in: 'shop', of: 'other.dev', wave: -9 }),
    )
    expect(lines(schedule.sync)).toEqual(['-9: Widget b', '-3: CustomResourceDefinition Widget > Widget a'])
  })

  it('leaves them where they are when that is early enough, and what fails last', () => {
    const schedule = scheduled(
      item('Namespace', 'shop', { wave: -5 }),
      item('ConfigMap', 'a', { in: 'shop', wave: 1 }),
      item('Job', 'alarm', { in: 'shop', of: 'batch', hook: ['sync-fail'], wave: -9 }),
    )
    expect(lines(schedule.sync)).toEqual(['-5: Namespace shop', '1: ConfigMap a'])
    expect(lines(schedule['sync-fail'])).toEqual(['-9: Job alarm'])
  })

  it('takes a custom kind named Namespace for a custom one', () => {
    const bus = item('Namespace', 'orders', { in: 'shop', of: 'servicebus.azure.com' })
    const schedule = scheduled(bus, item('Deployment', 'web', { in: 'orders', of: 'apps' }), item('Namespace', 'shop'))
    expect(lines(schedule.sync)).toEqual(['0: Namespace shop > Deployment web > Namespace orders'])
  })
})

describe('the order of deletions', () => {
  it('is that of applying, backwards', () => {
    const order = pruneOrder(
      [
        item('ConfigMap', 'a', { in: 'shop' }),
        item('Deployment', 'web', { in: 'shop', of: 'apps' }),
        item('Deployment', 'cache', { in: 'shop', of: 'apps', wave: -1 }),
        item('Ingress', 'web', { in: 'shop', of: 'networking.k8s.io', wave: 3 }),
      ],
      (each) => each,
    )
    expect(lines(order)).toEqual(['3: Ingress web', '0: Deployment web > ConfigMap a', '-1: Deployment cache'])
  })

  it('deletes a namespace after what is in it, and a definition after its objects, whatever their waves', () => {
    const order = pruneOrder(
      [
        item('Namespace', 'shop', { wave: 9 }),
        item('CustomResourceDefinition', 'Widget', { wave: 9 }),
        item('Widget', 'a', { in: 'shop', of: 'acme.dev', wave: -1 }),
        item('ConfigMap', 'a', { in: 'shop', wave: 2 }),
      ],
      (each) => each,
    )
    expect(lines(order)).toEqual(['2: ConfigMap a', '-1: Widget a > CustomResourceDefinition Widget > Namespace shop'])
  })
})

const kinds = [
  ['Namespace', undefined],
  ['CustomResourceDefinition', undefined],
  ['Widget', 'acme.dev'],
  ['Gadget', 'acme.dev'],
  ['Namespace', 'acme.dev'],
  ['ConfigMap', undefined],
  ['Service', undefined],
  ['Deployment', 'apps'],
  ['Job', 'batch'],
] as const

const arbitrary: fc.Arbitrary<Item> = fc
  .record({
    kind: fc.constantFrom(...kinds),
    name: fc.constantFrom('a', 'b', 'Widget', 'Gadget', 'Namespace'),
    in: fc.constantFrom('a', 'b', 'c'),
    wave: fc.integer({ min: -3, max: 3 }),
    hook: fc.option(fc.uniqueArray(fc.constantFrom(...phases), { minLength: 1 }), { nil: undefined, freq: 2 }),
  })
  .map(({ kind: [kind, of], name, hook, in: namespace, wave }) => {
    const global = of === undefined && ['Namespace', 'CustomResourceDefinition'].includes(kind)
    return item(kind, name, {
      wave,
      ...(of ? { of } : {}),
      ...(hook ? { hook } : {}),
      ...(global ? {} : { in: namespace }),
    })
  })

type Placed = { readonly item: Item; readonly phase: number; readonly wave: number; readonly stage: number }

function places(schedule: Schedule<Item>): readonly Placed[] {
  return phases.flatMap((name, phase) =>
    schedule[name].flatMap(({ wave, stages }) =>
      stages.flatMap((stage, index) => stage.map((each) => ({ item: each, phase, wave, stage: index }))),
    ),
  )
}

/** Is `one` done before `other` begins? */
function isBefore(one: Placed, other: Placed): boolean {
  const distance = one.phase - other.phase || one.wave - other.wave || one.stage - other.stage
  return distance < 0
}

function isNeededBy({ object: one }: Item, { object: other }: Item): boolean {
  if (one.apiVersion === 'v1' && one.kind === 'Namespace') return other.metadata.namespace === one.metadata.name
  if (one.kind !== 'CustomResourceDefinition') return false
  return (
    textAt(one, 'spec', 'group') === groupOf(other.apiVersion) && textAt(one, 'spec', 'names', 'kind') === other.kind
  )
}

const items = fc.array(arbitrary, { maxLength: 14 })
const options = { numRuns: 1000 }

describe('any objects', () => {
  it('are applied once in each phase that they ask for, and never later', () => {
    const property = fc.property(items, (all) => {
      const placed = places(scheduleOf(all, (each) => each))
      for (const each of all) {
        const wanted = (each.directives.hook?.phases ?? ['sync']).map((name) => phases.indexOf(name)).sort()
        const found = placed.filter((place) => place.item === each).sort((a, b) => a.phase - b.phase)
        expect(found).toHaveLength(wanted.length)
        const needed = all.some((other) => isNeededBy(each, other))
        for (const [index, place] of found.entries()) {
          const moved = place.phase !== wanted[index] || place.wave !== each.directives.wave
          expect(moved && !(needed && index === 0)).toBe(false)
          expect(place.phase * 100 + place.wave).toBeLessThanOrEqual((wanted[index] ?? 0) * 100 + each.directives.wave)
        }
      }
    })
    fc.assert(property, options)
  })

  it('are applied in waves that rise and stages that rise, sorted inside', () => {
    const property = fc.property(items, (all) => {
      const schedule = scheduleOf(all, (each) => each)
      for (const name of phases) {
        const waves = schedule[name].map(({ wave }) => wave)
        expect(waves).toEqual([...new Set(waves)].sort((a, b) => a - b))
        for (const { stages } of schedule[name]) {
          const numbers = stages.map((stage) => stage.map(({ object }) => stageOf(object)))
          for (const [index, stage] of numbers.entries()) {
            expect(new Set(stage).size).toBe(1)
            expect(stage[0]).toBeGreaterThan(numbers[index - 1]?.[0] ?? -1)
          }
          for (const stage of stages) expect(stage.map(named)).toEqual(stage.map(named).toSorted())
        }
      }
    })
    fc.assert(property, options)
  })

  it('come after their namespace and their definition, and are deleted before them', () => {
    const property = fc.property(items, (all) => {
      const placed = places(scheduleOf(all, (each) => each))
      const deleted = pruneOrder(all, (each) => each).flatMap(({ stages }, wave) =>
        stages.flatMap((stage, index) => stage.map((each) => ({ item: each, phase: 0, wave, stage: index }))),
      )
      expect(deleted.map((each) => all.indexOf(each.item)).sort((a, b) => a - b)).toEqual([...all.keys()])
      for (const one of all) {
        for (const other of all) {
          if (!isNeededBy(one, other)) continue
          const [first] = placed.filter((each) => each.item === one)
          for (const place of placed.filter((each) => each.item === other))
            expect(first && isBefore(first, place)).toBe(true)
          const [mine, its] = [one, other].map((each) => deleted.find((place) => place.item === each))
          expect(mine && its && isBefore(its, mine)).toBe(true)
        }
      }
    })
    fc.assert(property, options)
  })

  it('have the same order however they are given', () => {
    const property = fc.property(items, fc.nat(), (all, seed) => {
      const unique = [...new Map(all.map((each) => [JSON.stringify(each.object), each])).values()]
      const turned = [...unique.slice(seed % (unique.length || 1)), ...unique.slice(0, seed % (unique.length || 1))]
      expect(scheduleOf(turned, (each) => each)).toEqual(scheduleOf(unique, (each) => each))
    })
    fc.assert(property, options)
  })
})
