import type { App, SyncWindow } from '../model/app.ts'
import { type Problem, problem } from '../model/errors.ts'
import type { Freeze, Lock, Marks, Pin } from '../model/inventory.ts'
import type { HeldBy } from '../model/outcome.ts'
import { moment } from '../report/time.ts'
import type { DependencyState } from './depends.ts'
import { windowHold } from './windows.ts'

/** What holds a sync, and how a person reads it. */
export type Hold = { readonly heldBy: HeldBy; readonly problem: Problem }

/** Everything that may hold the sync of an app. */
export type HoldFacts = {
  readonly app: Pick<App, 'name' | 'sync'>
  /** `owner/name`. */
  readonly repository: string
  /** The revision that is to be synced. */
  readonly revision: string
  readonly now: Date
  /** `true`: a person asked for this sync. */
  readonly asked: boolean
  /** Those of the target branch. */
  readonly windows: readonly SyncWindow[]
  /** Those that the store knows. */
  readonly freezes: readonly Freeze[]
  /** Lock and pin as the store has them. */
  readonly stored?: Pick<Marks, 'lock' | 'pin'> | undefined
  /** As the parent object on the cluster has them. */
  readonly parent?: Marks | undefined
  /** Why store and parent object do not agree; see `agreementOf`. */
  readonly disagreement?: Problem | undefined
  readonly dependencies: readonly DependencyState[]
  /** The number of the pull request whose head is to be previewed: an earlier head of it that is pinned holds nothing. */
  readonly previewOf?: number | undefined
  /** The name that the app has until it is synced: what is marked there, in `stored` or `parent`, counts too. */
  readonly former?: string | undefined
  /** A sync by that name that isn't over: both would write to the same objects. */
  readonly formerSync?: Exclude<DependencyState, { readonly kind: 'go' }> | undefined
}

/**
 * The first thing that holds a sync: disagreement, freeze, lock, pin, `auto: false`, window, dependency. What is marked on
 * one side only, in the store or on the cluster, holds too. Planning is never held. Of a renamed app the name that it had is
 * told with what is marked there: it ends only when the mark does.
 */
export function firstHold(facts: HoldFacts): Hold | undefined {
  const hold = holdOf(facts)
  if (facts.former === undefined || !hold || !['freeze', 'lock', 'pin'].includes(hold.heldBy.kind)) return hold
  return { ...hold, heldBy: { ...hold.heldBy, app: facts.former } }
}

function holdOf(facts: HoldFacts): Hold | undefined {
  if (facts.disagreement) return { heldBy: { kind: 'disagreement' }, problem: facts.disagreement }
  const freeze = facts.freezes.find((each) => covers(each, facts.repository)) ?? facts.parent?.freeze
  if (freeze) return frozen(freeze)
  const lock = facts.stored?.lock ?? facts.parent?.lock
  if (lock) return locked(facts.app.name, lock)
  const pin = [facts.stored?.pin, facts.parent?.pin].find((each) => each && holdsBack(each, facts))
  if (pin) return pinned(facts.app.name, pin)
  if (!facts.app.sync.auto && !facts.asked) return manualHold(facts.app)
  const window = windowHold(facts.windows, facts.app.name, facts.now)
  if (window) return closed(facts.app.name, window)
  if (facts.formerSync) return stillRuns(facts.app.name, facts.formerSync)
  const dependency = facts.dependencies.find((each) => each.kind !== 'go')
  return dependency && waiting(facts.app.name, dependency)
}

function holdsBack({ revision, preview, number }: Pin, facts: HoldFacts): boolean {
  if (preview && number !== undefined && number === facts.previewOf) return false
  return revision !== facts.revision
}

/** The hold of a merge where `sync.auto` is false. */
export function manualHold(app: Pick<App, 'name'>): Hold {
  return held({ kind: 'manual' }, '`sync.auto` is false: this app waits for a person.', `\`/sync ${app.name}\``)
}

/** Does a freeze stop this repository (`owner/name`; letter case doesn't count on GitHub)? */
export function covers(freeze: Pick<Freeze, 'scope'>, repository: string): boolean {
  return freeze.scope === '*' || freeze.scope.toLowerCase() === repository.toLowerCase()
}

function held(heldBy: HeldBy, message: string, hint: string): Hold {
  return { heldBy, problem: problem('held', message, { hint }) }
}

function frozen({ scope, by, at, reason }: Freeze): Hold {
  const what = scope === '*' ? 'Every repository of this server' : `The repository ${scope}`
  const command = scope === '*' ? 'drydock unfreeze' : `drydock unfreeze --repository ${scope}`
  return held(
    { kind: 'freeze' },
    `${what} is frozen by ${by} since ${moment(at)}: ${reason}`,
    `Those who run the server end it by \`${command}\`; this sync goes on by itself then.`,
  )
}

function locked(app: string, { by, at, reason, number }: Lock): Hold {
  const where = number === undefined ? '' : ` (#${number})`
  return held(
    { kind: 'lock' },
    `${app} is locked by ${by}${where} since ${moment(at)}${reason ? `: ${reason}` : '.'}`,
    `\`/unlock ${app}\`; this sync goes on by itself then.`,
  )
}

function pinned(app: string, { revision, by, at, reason, number, preview }: Pin): Hold {
  const where = number === undefined ? '' : ` (#${number})`
  return held(
    { kind: 'pin' },
    `${app} is held at ${revision.slice(0, 7)} by ${by}${where} since ${moment(at)}: ${reason}`,
    preview
      ? `It goes on by itself once #${number} is merged or closed; \`/unlock ${app}\` ends the preview.`
      : `Merge the revert, or \`/sync ${app}\` a fix, or \`/unlock ${app}\`.`,
  )
}

function closed(app: string, { until, why }: { readonly until?: string; readonly why: string }): Hold {
  return held(
    { kind: 'window', ...(until === undefined ? {} : { until }) },
    `${app} is not synced now, because ${why}.`,
    until === undefined
      ? 'Nothing opens within five years: change `windows` on the target branch.'
      : `It goes on by itself at ${moment(until)}, or when \`windows\` changes on the target branch.`,
  )
}

function stillRuns(app: string, { app: former, why }: Exclude<DependencyState, { readonly kind: 'go' }>): Hold {
  return held(
    { kind: 'dependency', app: former },
    `${app} is the new name of ${former}, and ${why}.`,
    'It goes on by itself once that is over.',
  )
}

function waiting(app: string, dependency: Exclude<DependencyState, { readonly kind: 'go' }>): Hold {
  return held(
    { kind: 'dependency', app: dependency.app },
    `${app} depends on ${dependency.app}, and ${dependency.why}.`,
    dependency.kind === 'wait'
      ? `It goes on by itself once ${dependency.app} is synced and healthy.`
      : `\`/sync ${dependency.app}\`, or merge what mends it; this sync goes on by itself once ${dependency.app} is healthy.`,
  )
}
