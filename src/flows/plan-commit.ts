import { configPaths } from '../core/config/repository.ts'
import { sameJson } from '../core/diff/fields.ts'
import { touches } from '../core/manifests/inputs.ts'
import type { App } from '../core/model/app.ts'
import type { Json } from '../core/model/object.ts'
import type { AppPlan, Plan } from '../core/model/plan.ts'
import { assemblePlan } from '../core/plan/plan.ts'
import { planApps } from './plan-app.ts'
import type { GitRepository } from './ports.ts'
import { readTrustedApps, type TrustedApps } from './read-config.ts'
import { inputsOf } from './render-app.ts'
import type { Workshop } from './world.ts'

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
  readonly signal: AbortSignal
}

/** A plan of all affected apps, and the configuration to propose where there is none. */
export type CommitPlan = { readonly plan: Plan; readonly proposal?: string }

/** Plans every app that the merge result changes, compared with the target branch and with live. */
export async function planCommit(workshop: Workshop, request: CommitRequest): Promise<CommitPlan> {
  const { repository, base, tree } = request
  const [trusted, changed] = await Promise.all([
    readTrustedApps(repository, base, tree),
    repository.changedPaths(base, tree),
  ])
  const affected = await selectAffected(repository, request, trusted.apps, trusted.baseApps, changed)
  const apps = await planApps(
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
  return {
    plan: assemblePlan({
      head: request.head,
      base,
      apps,
      errors: trusted.problems,
      notes: notesFor(trusted, apps, changed),
    }),
    ...(trusted.proposal ? { proposal: trusted.proposal } : {}),
  }
}

/** What is said of no planned app: of one that was removed, or of the file when this commit changes it. */
function notesFor(trusted: TrustedApps, apps: readonly AppPlan[], changed: readonly string[]): readonly string[] {
  if (!changed.some((path) => (configPaths as readonly string[]).includes(path))) return []
  const planned = new Set(apps.map((app) => app.name))
  return trusted.notes
    .filter((note) => note.app === undefined || !planned.has(note.app))
    .map((note) => (note.app === undefined ? note.message : `${note.app}: ${note.message}`))
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
