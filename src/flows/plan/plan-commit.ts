import { configPaths } from '../../core/config/repository.ts'
import { sameJson } from '../../core/diff/fields.ts'
import { touches } from '../../core/manifests/inputs.ts'
import type { App } from '../../core/model/app.ts'
import type { Json } from '../../core/model/object.ts'
import type { AppPlan, Plan } from '../../core/model/plan.ts'
import { assemblePlan } from '../../core/plan/plan.ts'
import { type LiveState, liveStates } from '../../core/plan/staleness.ts'
import type { GitRepository } from '../ports.ts'
import { readTrustedApps, type TrustedApps } from '../render/read-config.ts'
import { inputsOf } from '../render/render-app.ts'
import type { Workshop } from '../world.ts'
import { planApps } from './plan-app.ts'

/** What a merge would do. */
export type CommitRequest = {
  readonly repository: GitRepository
  readonly repositoryName: string
  /** Head of the target branch; its configuration is the trusted one. */
  readonly base: string
  /** Commit that is judged. */
  readonly head: string
  /** Tree of the merge result. */
  readonly tree: string
  /** Secret under which the states of live objects are told. */
  readonly stateKey: string
  readonly signal: AbortSignal
}

/** A plan of all affected apps, the configuration to propose where there is none, and what it counts on. */
export type CommitPlan = { readonly plan: Plan; readonly proposal?: string; readonly live?: readonly LiveState[] }

/** What a merge result changes in a repository. */
type CommitReading = {
  readonly trusted: TrustedApps
  readonly changed: readonly string[]
  readonly affected: readonly App[]
}

/** Reads the configuration of both sides, and which apps the merge result changes. */
export async function readCommit(
  repository: GitRepository,
  range: { readonly base: string; readonly tree: string },
): Promise<CommitReading> {
  const { base, tree } = range
  const [trusted, changed] = await Promise.all([
    readTrustedApps(repository, base, tree),
    repository.changedPaths(base, tree),
  ])
  const affected = await selectAffected(repository, range, trusted.apps, trusted.baseApps, changed)
  return { trusted, changed, affected }
}

/** Plans every app that the merge result changes, compared with the target branch and with live. */
export async function planCommit(workshop: Workshop, request: CommitRequest): Promise<CommitPlan> {
  const { repository, base, tree } = request
  const { trusted, changed, affected } = await readCommit(repository, request)
  const planned = await planApps(
    workshop,
    affected.map((app) => ({
      repository,
      repositoryName: request.repositoryName,
      app,
      baseApp: trusted.baseApps.get(app.name),
      head: tree,
      base: trusted.baseApps.has(app.name) ? base : undefined,
      oldLeftovers: 'note',
      notes: trusted.notes.filter((note) => note.app === app.name).map((note) => note.message),
      signal: request.signal,
    })),
  )
  const apps = planned.map((each) => each.plan)
  return {
    plan: assemblePlan({
      head: request.head,
      base,
      apps,
      errors: trusted.problems,
      notes: notesFor(trusted, apps, changed),
    }),
    live: planned.flatMap(({ plan, facts }) => (facts ? liveStates(plan, facts, request.stateKey) : [])),
    ...(trusted.proposal ? { proposal: trusted.proposal } : {}),
  }
}

/** What is said of no planned app: of one that was removed, or of the file when this commit changes it. */
function notesFor(trusted: TrustedApps, apps: readonly AppPlan[], changed: readonly string[]): readonly string[] {
  if (!changesConfig(changed)) return []
  const planned = new Set(apps.map((app) => app.name))
  return trusted.notes
    .filter((note) => note.app === undefined || !planned.has(note.app))
    .map((note) => (note.app === undefined ? note.message : `${note.app}: ${note.message}`))
}

/** Is the configuration among these paths? */
export function changesConfig(changed: readonly string[]): boolean {
  return changed.some((path) => (configPaths as readonly string[]).includes(path))
}

/** The apps whose render reads something that differs, on either side, or whose own configuration differs. */
export async function selectAffected(
  repository: GitRepository,
  range: { readonly base: string; readonly tree: string },
  apps: readonly App[],
  baseApps: ReadonlyMap<string, App>,
  changed: readonly string[],
): Promise<readonly App[]> {
  const answers = await Promise.all(
    apps.map(async (app) => {
      const before = baseApps.get(app.name)
      if (!before || differs(before, app)) return true
      // What can't be read can't be ruled out: the plan will say what is wrong.
      const inputs = await Promise.all([
        inputsOf(repository, range.tree, app),
        inputsOf(repository, range.base, before),
      ]).catch(() => undefined)
      return inputs ? inputs.some((each) => touches(each, changed)) : changed.length > 0
    }),
  )
  return apps.filter((_, index) => answers[index])
}

/** Differs in what is rendered; where the app stands in the file is of no account. */
function differs(one: App, other: App): boolean {
  const { source: _one, ...before } = one
  const { source: _other, ...after } = other
  return !sameJson(before as unknown as Json, after as unknown as Json)
}
