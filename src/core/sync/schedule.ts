import { stageOf } from '../manifests/order.ts'
import type { Directives, Phase } from '../model/directives.ts'
import { type KubeObject, textAt } from '../model/object.ts'
import { groupOf } from '../model/reference.ts'

/** The phases in their order; the last one only runs when another one failed. */
export const phases: readonly Phase[] = ['pre-sync', 'sync', 'post-sync', 'sync-fail']

/** What is applied between two waits for health: its stages one after another, everything of one stage at once. */
export type Wave<T> = { readonly wave: number; readonly stages: readonly (readonly T[])[] }

/** The waves of each phase, in their order; without empty ones. */
export type Schedule<T> = Readonly<Record<Phase, readonly Wave<T>[]>>

type Order = { readonly directives: Directives; readonly object: KubeObject }
type Step = { readonly phase: number; readonly wave: number }
type Placed<T> = Step & { readonly item: T; readonly object: KubeObject }

/**
 * The order of a sync: phase, wave, stage of the kind, kind, name. An item that is no hook is of the phase `sync`; a hook is
 * in each phase that it asks for. A Namespace comes before what is in it and a CustomResourceDefinition before objects of
 * its kind, whatever their waves and phases say: it moves to the first step that needs it (as `adjustDeps` in Argo CD's
 * gitops-engine/pkg/sync/sync_tasks.go does), so that there may be an item in `pre-sync` that is no hook.
 */
export function scheduleOf<T>(items: readonly T[], of: (item: T) => Order): Schedule<T> {
  const placed = items.flatMap((item) => {
    const { directives, object } = of(item)
    const wanted = directives.hook?.phases ?? ['sync']
    return [...new Set(wanted)].map((phase) => ({
      item,
      object,
      phase: phases.indexOf(phase),
      wave: directives.wave,
    }))
  })
  const lifted = lift(placed)
  const wavesIn = (phase: Phase): readonly Wave<T>[] =>
    wavesOf(lifted.filter((each) => each.phase === phases.indexOf(phase)))
  return {
    'pre-sync': wavesIn('pre-sync'),
    sync: wavesIn('sync'),
    'post-sync': wavesIn('post-sync'),
    'sync-fail': wavesIn('sync-fail'),
  }
}

/**
 * The order of deletions: the waves and, in each, the stages from the last to the first. What is in a Namespace goes before
 * it and objects of a kind before their definition, as far as both are deleted. Phases don't count.
 */
export function pruneOrder<T>(items: readonly T[], of: (item: T) => Order): readonly Wave<T>[] {
  const placed = items.map((item) => {
    const { directives, object } = of(item)
    return { item, object, phase: 0, wave: directives.wave }
  })
  return wavesOf(lift(placed))
    .toReversed()
    .map(({ wave, stages }) => ({ wave, stages: stages.toReversed() }))
}

/** Moves what others need to the first step of these, where its own is later. */
function lift<T>(placed: readonly Placed<T>[]): readonly Placed<T>[] {
  const needed = new Map<string, Step>()
  for (const each of placed) {
    for (const key of needs(each.object)) needed.set(key, earlier(needed.get(key), each))
  }
  const first = new Map<T, Step>()
  for (const each of placed) first.set(each.item, earlier(first.get(each.item), each))
  return placed.map((each) => {
    const key = gives(each.object)
    const step = key === undefined ? undefined : needed.get(key)
    // Of an item with several phases, only the first one has to be in time.
    const isFirst = first.get(each.item)?.phase === each.phase
    return step && isFirst && compare(step, each) < 0 ? { ...each, ...bare(step) } : each
  })
}

function needs({ apiVersion, kind, metadata }: KubeObject): readonly string[] {
  const definition = definitionKey(groupOf(apiVersion), kind)
  return metadata.namespace ? [namespaceKey(metadata.namespace), definition] : [definition]
}

/** What others may need of an object; an incomplete definition is left for the server to refuse. */
function gives(object: KubeObject): string | undefined {
  const group = groupOf(object.apiVersion)
  if (object.kind === 'Namespace' && group === '') return namespaceKey(object.metadata.name)
  if (object.kind !== 'CustomResourceDefinition' || group !== 'apiextensions.k8s.io') return undefined
  const [defined, kind] = [textAt(object, 'spec', 'group'), textAt(object, 'spec', 'names', 'kind')]
  return defined && kind ? definitionKey(defined, kind) : undefined
}

const namespaceKey = (name: string): string => `namespace ${name}`
const definitionKey = (group: string, kind: string): string => `kind ${group}/${kind}`

function bare({ phase, wave }: Step): Step {
  return { phase, wave }
}

function earlier(one: Step | undefined, other: Step): Step {
  return one && compare(one, other) <= 0 ? one : bare(other)
}

function compare(one: Step, other: Step): number {
  return one.phase - other.phase || one.wave - other.wave
}

function wavesOf<T>(placed: readonly Placed<T>[]): readonly Wave<T>[] {
  const waves = Map.groupBy(placed, (each) => each.wave)
  return [...waves]
    .sort(([one], [other]) => one - other)
    .map(([wave, members]) => ({ wave, stages: stagesOf(members) }))
}

function stagesOf<T>(members: readonly Placed<T>[]): readonly (readonly T[])[] {
  const stages = Map.groupBy(members, (each) => stageOf(each.object))
  return [...stages]
    .sort(([one], [other]) => one - other)
    .map(([, stage]) => stage.toSorted(byKindAndName).map((each) => each.item))
}

function byKindAndName({ object: one }: Placed<unknown>, { object: other }: Placed<unknown>): number {
  return (
    textOrder(one.kind, other.kind) ||
    textOrder(one.metadata.name, other.metadata.name) ||
    textOrder(one.metadata.namespace ?? '', other.metadata.namespace ?? '') ||
    textOrder(one.apiVersion, other.apiVersion)
  )
}

/** By code units: the same on every machine. */
function textOrder(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
