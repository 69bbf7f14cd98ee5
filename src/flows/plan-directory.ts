import type { App } from '../core/model/app.ts'
import type { SyncOutcome } from '../core/model/outcome.ts'
import type { Plan } from '../core/model/plan.ts'
import { assemblePlan } from '../core/plan/plan.ts'
import type { Directory } from './directory.ts'
import { planApps } from './plan-app.ts'
import { syncApp } from './sync-app.ts'
import type { Workshop } from './world.ts'

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
  return assemblePlan({ head: directory.head, base: options.base, apps: plans })
}

/** Syncs the apps of a checkout to its commit, one after the other. */
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
  const outcomes: SyncOutcome[] = []
  for (const app of apps) {
    const { repository, repositoryName, head } = directory
    outcomes.push(
      await syncApp(
        workshop,
        { repository, repositoryName, app, head, base: 'synced', oldLeftovers: 'change' },
        {
          revision: head,
          reviewed: { risksAccepted: options.acceptRisks, by: options.by },
          progress: options.progress,
          signal: options.signal,
        },
      ),
    )
  }
  return outcomes
}
