import { dump } from 'js-yaml'
import { createMasker } from '../../core/diff/mask.ts'
import { type Problem, problemsOf } from '../../core/model/errors.ts'
import { stringifyJson } from '../../core/model/json.ts'
import type { SyncOutcome } from '../../core/model/outcome.ts'
import type { Plan } from '../../core/model/plan.ts'
import { hasWork } from '../../core/plan/plan.ts'
import { planMarkdown } from '../../core/report/plan-comment.ts'
import { planJson } from '../../core/report/plan-json.ts'
import { planText } from '../../core/report/plan-text.ts'
import { problemsText } from '../../core/report/problems-text.ts'
import { syncText } from '../../core/report/sync-text.ts'
import { appsOfDirectory, type Directory } from '../../flows/directory.ts'
import { planDirectory, syncDirectory } from '../../flows/plan-directory.ts'
import { renderApp } from '../../flows/render-app.ts'
import type { Workshop } from '../../flows/world.ts'
import { type Actions, type DirectoryOptions, exit, type OutputFormat } from './program.ts'
import type { Terminal } from './terminal.ts'

/** Opens a folder and what is needed to plan it; `dispose` ends connections and removes what was made for it. */
export type OpenDirectory = (
  folder: string,
  options: DirectoryOptions,
) => Promise<{
  readonly directory: Directory
  readonly workshop: Workshop
  /** Paths whose changes are not committed, and so are not planned. */
  readonly uncommitted: readonly string[]
  readonly base?: string
  readonly dispose: () => Promise<void>
}>

/** The commands that read a checkout. */
export function directoryCommands(
  open: OpenDirectory,
  terminal: Terminal,
  user: string,
  signal: AbortSignal,
): Pick<Actions, 'plan' | 'sync' | 'validate' | 'render'> {
  const within = async (
    folder: string,
    options: DirectoryOptions,
    use: (opened: Awaited<ReturnType<OpenDirectory>>) => Promise<number>,
  ) => {
    const opened = await open(folder, options)
    try {
      warnOfUncommitted(opened.uncommitted, terminal)
      return await use(opened)
    } finally {
      await opened.dispose()
    }
  }
  return {
    plan: (folder, options) =>
      within(folder, options, async ({ directory, workshop, base }) => {
        const apps = await appsOfDirectory(directory, options.app)
        terminal.progress(`Planning ${apps.map((app) => app.name).join(', ')} …`)
        const plan = await planDirectory(workshop, directory, apps, { ...(base ? { base } : {}), signal })
        terminal.out(printed(plan, options.output, terminal))
        return exitOfPlan(plan)
      }),
    sync: (folder, options) =>
      within(folder, options, async ({ directory, workshop }) => {
        const apps = await appsOfDirectory(directory, options.app)
        const progress = (outcome: SyncOutcome) => terminal.progress(progressLine(outcome))
        const acceptRisks = options.acceptRisks === true
        const outcomes = await syncDirectory(workshop, directory, apps, { by: user, acceptRisks, progress, signal })
        const text = () => outcomes.map((outcome) => syncText(outcome, terminal)).join('\n')
        terminal.out(`${options.output === 'json' ? stringifyJson(outcomes, 2) : text().trimEnd()}\n`)
        return exitOfSync(outcomes)
      }),
    validate: (folder, options) =>
      within(folder, options, async ({ directory, workshop }) => {
        const apps = await appsOfDirectory(directory, options.app)
        const problems: Problem[] = []
        for (const app of apps) {
          const count = await renderApp(workshop, directory.repository, directory.head, app, undefined, signal).then(
            (rendered) => rendered.manifests.length,
            (thrown: unknown) => {
              problems.push(...problemsOf(thrown))
              return undefined
            },
          )
          if (count !== undefined) terminal.out(`${app.name}: ${count} objects, valid\n`)
        }
        if (problems.length > 0) terminal.err(`${problemsText(problems)}\n`)
        return problems.length > 0 ? exit.error : exit.ok
      }),
    render: (folder, options) =>
      within(folder, options, async ({ directory, workshop }) => {
        const apps = await appsOfDirectory(directory, options.app)
        const masker = createMasker()
        for (const app of apps) {
          const { manifests } = await renderApp(workshop, directory.repository, directory.head, app, undefined, signal)
          for (const { object, source } of manifests) {
            const plain = JSON.parse(stringifyJson(masker.mask(object))) as unknown
            terminal.out(`---\n# ${source.path}:${source.line}\n${dump(plain, { lineWidth: -1, noRefs: true })}`)
          }
        }
        return exit.ok
      }),
  }
}

function warnOfUncommitted(paths: readonly string[], terminal: Terminal): void {
  if (paths.length === 0) return
  const shown = paths.slice(0, 3).join(', ')
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : ''
  terminal.err(`note: ${shown}${more} changed since the last commit; Drydock looks at what is committed.\n`)
}

function printed(plan: Plan, output: OutputFormat, terminal: Terminal): string {
  const text = { json: planJson, markdown: planMarkdown, text: (each: Plan) => planText(each, terminal) }[output](plan)
  return `${text.trimEnd()}\n`
}

function exitOfPlan(plan: Plan): number {
  const errors = (plan.errors?.length ?? 0) + plan.apps.reduce((sum, app) => sum + app.errors.length, 0)
  if (errors > 0) return exit.error
  if (plan.apps.some((app) => app.policies.some((verdict) => verdict.severity === 'deny'))) return exit.refused
  return hasWork(plan) ? exit.changes : exit.ok
}

function exitOfSync(outcomes: readonly SyncOutcome[]): number {
  if (outcomes.some((outcome) => outcome.state === 'failed')) return exit.error
  return outcomes.some((outcome) => outcome.state === 'held') ? exit.refused : exit.ok
}

function progressLine(outcome: SyncOutcome): string {
  const done = outcome.objects.length > 0 ? ` · ${outcome.objects.length} objects` : ''
  const waiting = outcome.waiting?.[0] ? ` · ${outcome.waiting[0]}` : ''
  return `${outcome.app}: ${outcome.phase ?? outcome.state}${done}${waiting}`
}
