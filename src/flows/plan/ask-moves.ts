import { type Problem, problem, problemsOf } from '../../core/model/errors.ts'
import type { LiveObject } from '../../core/model/object.ts'
import { describeReference, identityOf, referenceOf } from '../../core/model/reference.ts'
import { ClusterRefusal } from '../../core/model/refusal.ts'
import type { AppFacts, ObjectFacts } from '../../core/plan/facts.ts'
import { withAllocated, withoutAllocated } from '../../core/plan/move-preview.ts'
import { isInUse, type Moves, movesOf, type Need, reasonOf, speaksOf } from '../../core/plan/moves.ts'
import { singlesOf } from '../../core/plan/singles.ts'
import type { Cluster } from '../ports.ts'
import { retrying } from '../sync/retry.ts'

/**
 * Asks again about objects that need what the cluster gives only once. Those that get it from a leftover are previewed
 * without it: what else the server says of them still counts. Where somebody else has it, the holder is named, if it may be.
 */
export async function askMoves(cluster: Cluster, known: AppFacts): Promise<AppFacts> {
  const facts = await withClaims(cluster, known)
  const moves = movesOf(facts)
  const objects = await Promise.all(facts.objects.map((each) => askWaiting(cluster, each, moves)))
  if (!objects.some((each) => inUseBy(each, moves).length > 0)) return { ...facts, objects }
  const services = await servicesOf(cluster)
  return { ...facts, objects: objects.map((each) => withHolder(cluster, each, moves, services)) }
}

/** Reads the access modes of claims that no manifest of the app makes: a volume that many may mount stops nobody. */
async function withClaims(cluster: Cluster, facts: AppFacts): Promise<AppFacts> {
  const needs = [...movesOf(facts).waiting.values()].flat()
  const names = new Set(needs.flatMap(({ single: { claim } }) => (claim && !claim.modes ? [claim.name] : [])))
  if (names.size === 0) return facts
  const found = await Promise.all(
    [...names].map(async (full) => {
      const [namespace = '', name = ''] = full.split('/')
      const reference = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name }
      const claim = await retrying(() => cluster.get(reference)).catch(unlessGone)
      return claim ? [[full, claim] as const] : []
    }),
  )
  return { ...facts, claims: new Map(found.flat()) }
}

async function askWaiting(cluster: Cluster, facts: ObjectFacts, moves: Moves): Promise<ObjectFacts> {
  const { answer, desired, live } = facts
  const needs = moves.waiting.get(identityOf(referenceOf(desired))) ?? []
  if (answer.by !== 'refusal' || !answer.problems.some((each) => needs.some((need) => speaksOf(each, need)))) {
    return facts
  }
  const without = withoutAllocated(desired, new Set(needs.map(({ single }) => single.value)))
  try {
    const { object } = await retrying(() => cluster.previewApply(without))
    const reason = reasonOf(needs)
    return { ...facts, answer: { by: 'client', reason, ...(live ? { object: withAllocated(object, desired) } : {}) } }
  } catch (thrown) {
    if (!(thrown instanceof ClusterRefusal)) throw thrown
    const { source } = facts.manifest
    const problems = problemsOf(thrown).map((each) => ({ source, ...each }))
    return { ...facts, answer: { by: 'refusal', problems, immutable: thrown.kind === 'immutable' } }
  }
}

/** What is refused because something is in use, of which no object of the app is known to be the holder. */
function inUseBy({ answer, desired }: ObjectFacts, moves: Moves): readonly Problem[] {
  if (answer.by !== 'refusal') return []
  const identity = identityOf(referenceOf(desired))
  const known: readonly Need[] = [...(moves.waiting.get(identity) ?? []), ...(moves.blocked.get(identity) ?? [])]
  return answer.problems.filter((each) => isInUse(each) && !known.some((need) => speaksOf(each, need)))
}

async function servicesOf(cluster: Cluster): Promise<readonly LiveObject[]> {
  return (await retrying(() => cluster.list('v1', 'Service')).catch(unlessGone)) ?? []
}

function withHolder(cluster: Cluster, facts: ObjectFacts, moves: Moves, services: readonly LiveObject[]): ObjectFacts {
  const { answer, desired } = facts
  const open = inUseBy(facts, moves)
  if (answer.by !== 'refusal' || open.length === 0) return facts
  const others = services.filter((each) => identityOf(referenceOf(each)) !== identityOf(referenceOf(desired)))
  const problems = answer.problems.map((each) => {
    if (!open.includes(each)) return each
    const holder = others
      .flatMap((service) => singlesOf(service).map((single) => ({ single, holder: referenceOf(service) })))
      .find((need) => speaksOf(each, need))
    // What lives in namespaces that this server may not change is not told.
    const name = holder && cluster.allows(holder.holder) ? describeReference(holder.holder) : 'Another Service'
    const hint = `${name} holds it. Choose another, or let that one go first.`
    return problem(each.code, each.message, { source: each.source, hint })
  })
  return { ...facts, answer: { ...answer, problems } }
}

/** What may not be read, or is not there, says nothing. */
function unlessGone(thrown: unknown): undefined {
  if (thrown instanceof ClusterRefusal) return undefined
  throw thrown
}
