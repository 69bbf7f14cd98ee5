import { type Problem, problem } from '../model/errors.ts'
import { describeReference, identityOf, type ObjectReference, referenceOf } from '../model/reference.ts'
import type { AppFacts, LeftoverFacts, ObjectFacts } from './facts.ts'
import { fateOf } from './leftovers.ts'
import { clashOf, modesOf, type Single, singlesOf } from './singles.ts'

/** What an object needs that something else holds until now. */
export type Need = { readonly single: Single; readonly holder: ObjectReference }

/** What the cluster can hold only once, where it changes hands within one commit. */
export type Moves = {
  /** Leftovers that have to be deleted before anything is applied, by identity: `node port 30080 to Service shop/new`. */
  readonly first: ReadonlyMap<string, string>
  /** What objects of the commit get that way, by identity. */
  readonly waiting: ReadonlyMap<string, readonly Need[]>
  /** What they would need too, but is not given up: with the reason. */
  readonly blocked: ReadonlyMap<string, readonly (Need & { readonly why: string })[]>
  /** Pairs that may or may not stand in each other's way, for the reader of the plan. */
  readonly notes: readonly string[]
}

/**
 * Finds what moves from a leftover that is to be deleted to an object that the commit creates or changes. Says nothing of
 * what objects of other apps hold.
 */
export function movesOf(facts: AppFacts): Moves {
  const first = new Map<string, string[]>()
  const waiting = new Map<string, Need[]>()
  const blocked = new Map<string, (Need & { why: string })[]>()
  const notes = new Set<string>()
  const holders = facts.leftovers.flatMap((each) => holderOf(each, facts))
  const modes = (claim: string) => modesOfClaim(claim, facts)
  for (const object of facts.objects.filter((each) => isSent(each, facts))) {
    const reference = referenceOf(object.desired)
    const identity = identityOf(reference)
    for (const need of needsOf(object)) {
      for (const holder of holders) {
        const clashes = holder.singles.flatMap((single) => clashOf(need, single, modes) ?? [])
        if (clashes.length === 0) continue
        const pair = { single: need, holder: holder.reference }
        if (!clashes.includes('certain')) notes.add(mayClash(reference, pair))
        else if (holder.why !== undefined) {
          push(blocked, identity, { ...pair, why: holder.why })
          // The server refuses a port; what pods can't have, they wait for without a word.
          if (need.placement) notes.add(denial(reference, pair, holder.why))
        } else {
          push(first, identityOf(holder.reference), `${need.words} to ${describeReference(reference)}`)
          push(waiting, identity, pair)
        }
      }
    }
    for (const each of heldBeside(object, facts)) push(blocked, identity, each)
  }
  return {
    first: new Map([...first].map(([key, words]) => [key, words.join(', ')])),
    waiting,
    blocked,
    notes: [...notes],
  }
}

type Holder = {
  readonly reference: ObjectReference
  readonly singles: readonly Single[]
  /** Why it isn't given up. */
  readonly why?: string
}

function holderOf(leftover: LeftoverFacts, facts: AppFacts): readonly Holder[] {
  if (!leftover.live) return []
  const fate = fateOf(leftover, facts)
  const why = fate.is === 'kept' ? fate.why : fate.is === 'released' ? 'it belongs to another app now' : undefined
  return [{ reference: leftover.reference, singles: singlesOf(leftover.live), ...(why === undefined ? {} : { why }) }]
}

function isSent({ touched }: ObjectFacts, { app }: AppFacts): boolean {
  return touched || app.sync.selfHeal
}

/** What it has already is not needed. */
function needsOf({ desired, live }: ObjectFacts): readonly Single[] {
  const own = new Set(live ? singlesOf(live).map((each) => each.key) : [])
  return singlesOf(desired).filter((each) => !own.has(each.key))
}

/** Ports and addresses that another rendered object of the app has until now. */
function heldBeside(object: ObjectFacts, facts: AppFacts): readonly (Need & { readonly why: string })[] {
  if (object.answer.by !== 'refusal') return []
  const keys = new Map(needsOf(object).map((each) => [each.key, each]))
  return facts.objects
    .filter((other) => other !== object && other.live)
    .flatMap((other) => {
      const held = other.live ? singlesOf(other.live) : []
      return held
        .filter((each) => !each.placement && keys.has(each.key))
        .map((single) => ({ single, holder: referenceOf(other.desired), why: 'it is changed in the same step' }))
    })
}

function modesOfClaim(claim: string, facts: AppFacts): readonly string[] | undefined {
  const own = facts.objects.find(
    ({ desired: { kind, metadata } }) =>
      kind === 'PersistentVolumeClaim' && `${metadata.namespace ?? ''}/${metadata.name}` === claim,
  )
  const found = own?.desired ?? facts.claims?.get(claim)
  return found && modesOf(found)
}

function mayClash(reference: ObjectReference, { single, holder }: Need): string {
  const [now, old] = [describeReference(reference), describeReference(holder)]
  return `${now} and ${old}, which is deleted once ${now} is healthy, both need the ${single.words} of their node. Where there are too few nodes for both, let ${old} say \`drydock.dev/prune: first\` one commit before it goes.`
}

function denial(reference: ObjectReference, { single, holder }: Need, why: string): string {
  const [now, old] = [describeReference(reference), describeReference(holder)]
  return `${now} needs the ${single.words}, which ${old} holds and does not give up: ${why}.`
}

/** Does the API server refuse because a port or an address is in use? */
export function isInUse({ message }: Problem): boolean {
  return /provided (?:port|IP) is already allocated/.test(message)
}

/** Does it say that of this one? */
export function speaksOf(refused: Problem, { single }: Need): boolean {
  const { message } = refused
  return isInUse(refused) && message.split(/[^\w.:]+|:\s/).includes(single.value)
}

/**
 * The facts as they are once the moves are made: what was refused only because a leftover holds it can't be previewed. Of
 * what stays refused, the holder is named where it is known.
 */
export function withMoves<T extends AppFacts>(facts: T, moves: Moves): T {
  return { ...facts, objects: facts.objects.map((each) => withMove(each, moves)) }
}

function withMove(facts: ObjectFacts, moves: Moves): ObjectFacts {
  const { answer, desired } = facts
  if (answer.by !== 'refusal') return facts
  const identity = identityOf(referenceOf(desired))
  const needs = moves.waiting.get(identity) ?? []
  const met = (each: Problem) => needs.some((need) => speaksOf(each, need))
  if (answer.problems.length > 0 && answer.problems.every(met)) {
    return { ...facts, answer: { by: 'client', reason: reasonOf(needs) } }
  }
  const blocked = moves.blocked.get(identity) ?? []
  const problems = answer.problems.map((each) => {
    const by = blocked.find((need) => speaksOf(each, need))
    return by ? explained(each, by) : each
  })
  return { ...facts, answer: { ...answer, problems } }
}

/** Why the server could not be asked, for a preview. */
export function reasonOf(needs: readonly Need[]): string {
  const said = needs.map(({ single, holder }) => `${describeReference(holder)} holds the ${single.words}`)
  return `${[...new Set(said)].join(' and ')} until it is deleted`
}

function explained(refused: Problem, { holder, single, why }: Need & { readonly why: string }): Problem {
  const name = describeReference(holder)
  const hint = `${name} holds the ${single.words}: ${why}. Let it go in a commit of its own first, or choose another.`
  return problem(refused.code, refused.message, { source: refused.source, hint })
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  map.set(key, [...(map.get(key) ?? []), item])
}
