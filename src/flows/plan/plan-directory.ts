import type { App } from '../../core/model/app.ts'
import { type Problem, problem } from '../../core/model/errors.ts'
import type { SyncOutcome, SyncState } from '../../core/model/outcome.ts'
import type { AppPlan, Plan } from '../../core/model/plan.ts'
import { assemblePlan } from '../../core/plan/plan.ts'
import { inDependencyOrder } from '../../core/sync/depends.ts'
import { syncApp } from '../sync/sync-app.ts'
import type { Workshop } from '../world.ts'
import type { Directory } from './directory.ts'
import { planApps } from './plan-app.ts'

/** Plans what syncing a commit of a checkout would do; `base` defaults to the revision that was synced last. */
export async function planDirectory(
  workshop: Workshop,
  directory: Directory,
  apps: readonly App[],
  options: { readonly base?: string; readonly signal: AbortSignal },
): Promise<Plan> {
  const plans = await planApps(
    workshop,
    apps.map((app) => ({
      repository: directory.repository,
      repositoryName: directory.repositoryName,
      app,
      head: directory.head,
      base: options.base ?? 'synced',
      oldLeftovers: 'change',
      signal: options.signal,
    })),
  )
  return assemblePlan({ head: directory.head, base: options.base, apps: plans.map((each) => each.plan) })
}

/**
 * Syncs the apps of a checkout to its commit, one after the other, those that create namespaces and kinds first. Several
 * are planned together before: what is wrong with one of them, or between two, leaves the cluster as it is.
 */
export async function syncDirectory(
  workshop: Workshop,
  directory: Directory,
  apps: readonly App[],
  options: {
    readonly by: string
    readonly acceptRisks: boolean
    readonly progress: (outcome: SyncOutcome) => void
    readonly signal: AbortSignal
  },
): Promise<readonly SyncOutcome[]> {
  const { repository, repositoryName, head } = directory
  const { signal } = options
  const outcome = (app: AppPlan, state: SyncState, problems: readonly Problem[] = []): SyncOutcome => {
    return { app: app.name, cluster: app.cluster, revision: head, state, objects: [], problems }
  }
  let ordered = inDependencyOrder(apps)
  if (apps.length > 1) {
    const { apps: plans } = await planDirectory(workshop, directory, apps, { signal })
    const broken = plans.filter((plan) => plan.errors.length > 0)
    if (broken.length > 0) {
      const why = nothingDone(broken.map((plan) => plan.name))
      return plans.map((plan) =>
        broken.includes(plan) ? outcome(plan, 'failed', plan.errors) : outcome(plan, 'held', [why]),
      )
    }
    const first = new Set(plans.filter(makesGround).map((plan) => plan.name))
    ordered = inDependencyOrder([
      ...apps.filter((app) => first.has(app.name)),
      ...apps.filter((app) => !first.has(app.name)),
    ])
  }
  const outcomes: SyncOutcome[] = []
  for (const app of ordered) {
    const missed = outcomes.find((each) => app.dependsOn.includes(each.app) && each.state !== 'succeeded')
    if (missed) {
      outcomes.push(waitsFor(app, missed, head))
      continue
    }
    outcomes.push(
      await syncApp(
        workshop,
        { repository, repositoryName, app, head, base: 'synced', oldLeftovers: 'change' },
        {
          revision: head,
          reviewed: { accepted: options.acceptRisks ? 'all' : new Set<string>(), by: options.by },
          progress: options.progress,
          signal,
        },
      ),
    )
  }
  return outcomes
}

function waitsFor({ name, cluster }: App, missed: SyncOutcome, revision: string): SyncOutcome {
  const message = `${name} depends on ${missed.app}, which was not synced.`
  const problems = [problem('held', message, { hint: `Mend ${missed.app}, then sync both again.` })]
  const heldBy = { kind: 'dependency', app: missed.app } as const
  return { app: name, cluster, revision, state: 'held', heldBy, objects: [], problems }
}

/** Creates what the objects of other apps may need. */
function makesGround(plan: AppPlan): boolean {
  return plan.changes.some(
    ({ action, kind }) => action === 'create' && ['Namespace', 'CustomResourceDefinition'].includes(kind),
  )
}

function nothingDone(broken: readonly string[]): Problem {
  const names = broken.length > 3 ? `${broken.length} other apps` : broken.join(', ')
  return problem('held', `Not synced, because of what is wrong with ${names}.`, {
    hint: 'Mend that first, or choose this app with --app.',
  })
}
