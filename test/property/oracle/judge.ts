import type { Change, Drift } from '../../../src/core/model/change.ts'
import type { AppPlan } from '../../../src/core/model/plan.ts'
import type { Body } from '../template.ts'
import { judgeFields } from './fields.ts'
import { equal, leaves, stripped } from './raw.ts'

/** Raw reads of every object of a case, by kind and name; `undefined`: it isn't there. */
export type Snapshot = ReadonlyMap<string, Body | undefined>

/** How a snapshot names an object. */
export function keyOf(object: { readonly apiVersion: string; readonly kind: string; readonly name: string }): string {
  const slash = object.apiVersion.indexOf('/')
  return `${slash < 0 ? '' : object.apiVersion.slice(0, slash)}/${object.kind} ${object.name}`
}

const gone = (live: Body | undefined) => live === undefined || 'deletionTimestamp' in (live.metadata as Body)
const uid = (live: Body | undefined) => (live?.metadata as Body | undefined)?.uid

/** What a plan said and a sync then did not do, or did beside it. Empty: the plan told the truth. */
export function judge(plan: AppPlan, before: Snapshot, after: Snapshot): readonly string[] {
  const changes = new Map(plan.changes.map((change) => [keyOf(change), change]))
  const drifts = Map.groupBy(plan.drift, keyOf)
  return [...before.keys()].flatMap((key) => {
    const wrong = judgeOne(changes.get(key), drifts.get(key) ?? [], before.get(key), after.get(key))
    return wrong.map((each) => `${key}: ${each}`)
  })
}

/** The objects that kubectl says would change are those that the plan says differ; `labelled`: what it was asked about. */
export function judgeKubectl(plan: AppPlan, asked: ReadonlySet<string>, labelled: readonly Body[]): readonly string[] {
  const sent = new Set(labelled.map(({ metadata }) => (metadata as Body).name))
  const changed = plan.changes.filter((change) => change.action !== 'delete')
  // What others only added is drift as well, but no business of a server-side apply.
  const owned = plan.drift.filter((drift) => drift.missing)
  const differs = [...changed, ...plan.drift]
  const ours = new Map(differs.map((each) => [each.name, keyOf(each)]))
  // What Drydock takes over before it applies is more than that, too.
  const alike = changed.filter((change) => change.preview === 'server')
  return [
    ...[...asked]
      .filter((name) => !ours.has(name))
      .map((name) => `kubectl diff says that ${name} changes; the plan does not`),
    ...[...alike, ...owned]
      .filter(({ name }) => sent.has(name) && !asked.has(name))
      .map((each) => `${keyOf(each)}: differs in the plan, but not for kubectl diff`),
  ]
}

function judgeOne(
  change: Change | undefined,
  drifts: readonly Drift[],
  before: Body | undefined,
  after: Body | undefined,
): readonly string[] {
  const restored = drifts.filter((each) => each.onSync === 'restored')
  const missing = drifts.find((each) => each.missing)
  if (gone(before) && before !== undefined) return gone(after) ? [] : ['was on its way out, and is there again']
  if (change?.action === 'create' || missing?.onSync === 'restored') {
    const wrong = before === undefined ? [] : ['planned as new, but it was there']
    return after === undefined || gone(after) ? [...wrong, 'planned as new, but it is not there'] : wrong
  }
  if (change?.action === 'delete')
    return gone(after) && before !== undefined ? [] : ['planned to be deleted, but it is still there']
  if (before === undefined || after === undefined || gone(after)) {
    if (before === undefined && after === undefined)
      return change ? [`planned as ${change.action}, but there is nothing`] : []
    return [`${before ? 'was deleted' : 'was created'}, which was not planned`]
  }
  const replaced = uid(before) !== uid(after)
  if (replaced !== (change?.action === 'replace'))
    return [replaced ? 'was replaced, which was not planned' : 'planned to be replaced, but it is the same object']
  // The raw objects are compared without the labels that a Job's birth gives it.
  const fields = [...(change?.fields ?? []), ...restored.flatMap((each) => each.fields)].filter(
    (field) => !field.path.includes('controller-uid'),
  )
  if (change || restored.length > 0) {
    const wrong = judgeFields(fields, before, after)
    const empty = fields.length === 0 && change?.action !== 'adopt' ? ['planned to change, but without any field'] : []
    return [...wrong, ...empty]
  }
  const [was, is] = [stripped(before), stripped(after)]
  const what = drifts.length > 0 ? 'drift that is kept' : 'planned as unchanged'
  return equal(was, is) ? [] : leaves(was, is).map((each) => `${what}, but changed: ${each}`)
}
