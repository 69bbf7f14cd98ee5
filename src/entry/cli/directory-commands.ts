import { dump } from 'js-yaml'
import { createMasker } from '../../core/diff/mask.ts'
import type { App, FieldRule } from '../../core/model/app.ts'
import { type Problem, problemsOf } from '../../core/model/errors.ts'
import { stringifyJson } from '../../core/model/json.ts'
import type { SyncOutcome } from '../../core/model/outcome.ts'
import type { Plan } from '../../core/model/plan.ts'
import { assemblePlan, hasWork } from '../../core/plan/plan.ts'
import { planMarkdown } from '../../core/report/plan-comment.ts'
import { planJson } from '../../core/report/plan-json.ts'
import { planText } from '../../core/report/plan-text.ts'
import { problemsText } from '../../core/report/problems-text.ts'
import { syncText } from '../../core/report/sync-text.ts'
import { appsOfDirectory, type Directory } from '../../flows/plan/directory.ts'
import { planDirectory, syncDirectory } from '../../flows/plan/plan-directory.ts'
import { renderApp } from '../../flows/render/render-app.ts'
import type { Workshop } from '../../flows/world.ts'
import { claimedTwice, type Rendered } from './claims.ts'
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

type Opened = Awaited<ReturnType<OpenDirectory>>

/** What a command found; printed when everything that it made is removed again, because a reader may hang up early. */
type Result = { readonly code: number; readonly out?: string; readonly err?: string }

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
    use: (opened: Opened) => Promise<Result>,
  ): Promise<number> => {
    const opened = await open(folder, options)
    try {
      warnOfUncommitted(opened.uncommitted, terminal)
      const { code, out, err } = await use(opened).finally(opened.dispose)
      if (out) terminal.out(out)
      if (err) terminal.err(err)
      return code
    } catch (thrown) {
      if (!signal.aborted) throw thrown
      const [why] = problemsOf(signal.reason)
      terminal.err(`${why?.message ?? 'Stopped.'} What was done so far stays; run the same command again to go on.\n`)
      return exit.stopped
    }
  }
  return {
    plan: (folder, options) =>
      within(folder, options, async ({ directory, workshop, base }) => {
        const { app, output } = options
        const plan = await appsOfDirectory(directory, app).then(
          (apps) => {
            terminal.progress(planning(apps))
            return planDirectory(workshop, directory, apps, { ...(base ? { base } : {}), signal })
          },
          (thrown: unknown) => {
            // A program that reads the document finds the reason in it.
            if (output === 'text') throw thrown
            return assemblePlan({ head: directory.head, base, apps: [], errors: problemsOf(thrown) })
          },
        )
        return { code: exitOfPlan(plan), out: printed(plan, output, terminal) }
      }),
    sync: (folder, options) =>
      within(folder, options, async ({ directory, workshop }) => {
        const apps = await appsOfDirectory(directory, options.app)
        terminal.progress(planning(apps))
        const progress = (outcome: SyncOutcome) => terminal.progress(progressLine(outcome))
        const acceptRisks = options.acceptRisks === true
        const outcomes = await syncDirectory(workshop, directory, apps, { by: user, acceptRisks, progress, signal })
        const text = () => outcomes.map((outcome) => syncText(outcome, terminal)).join('\n')
        return {
          code: exitOfSync(outcomes),
          out: `${options.output === 'json' ? stringifyJson(outcomes, 2) : text().trimEnd()}\n`,
        }
      }),
    validate: (folder, options) =>
      within(folder, options, async (opened) => {
        const { rendered, problems } = await renderAll(opened, options, signal)
        const all = [...problems, ...claimedTwice(rendered)]
        const valid = rendered.map(
          ({ app, manifests: { length } }) => `${app}: ${length} object${length === 1 ? '' : 's'}`,
        )
        return {
          code: all.length > 0 ? exit.error : exit.ok,
          out: valid.map((line) => `${line}${all.length > 0 ? '' : ', valid'}\n`).join(''),
          ...(all.length > 0 ? { err: `${problemsText(all)}\n` } : {}),
        }
      }),
    render: (folder, options) =>
      within(folder, options, async (opened) => {
        const { rendered, problems, sensitive } = await renderAll(opened, options, signal)
        const masker = createMasker(sensitive)
        const documents = rendered.flatMap(({ manifests }) =>
          manifests.map(({ object, source }) => {
            const plain = JSON.parse(stringifyJson(masker.mask(object))) as unknown
            return `---\n# ${source.path}:${source.line}\n${dump(plain, { lineWidth: -1, noRefs: true })}`
          }),
        )
        // Part of the objects would look like all of them to whoever reads the output.
        if (problems.length > 0) return { code: exit.error, err: `${problemsText(problems)}\n` }
        return { code: exit.ok, out: documents.join('') }
      }),
  }
}

/** Every app's objects, and everything that is wrong with the others. */
async function renderAll(
  { directory, workshop }: Opened,
  options: DirectoryOptions,
  signal: AbortSignal,
): Promise<{
  readonly rendered: readonly Rendered[]
  readonly problems: readonly Problem[]
  readonly sensitive: readonly FieldRule[]
}> {
  const rendered: Rendered[] = []
  const sensitive: FieldRule[] = []
  const problems: Problem[] = []
  for (const app of await appsOfDirectory(directory, options.app)) {
    const { name, cluster, namespace } = app
    sensitive.push(...app.sensitive)
    try {
      const { manifests } = await renderApp(workshop, directory.repository, directory.head, app, undefined, signal)
      rendered.push({ app: name, cluster, namespace, manifests })
    } catch (thrown) {
      if (signal.aborted) throw thrown
      problems.push(...problemsOf(thrown))
    }
  }
  return { rendered, problems, sensitive }
}

function warnOfUncommitted(paths: readonly string[], terminal: Terminal): void {
  if (paths.length === 0) return
  const shown = paths.slice(0, 3).join(', ')
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : ''
  terminal.err(`note: ${shown}${more} changed since the last commit; Drydock looks at what is committed.\n`)
}

function printed(plan: Plan, output: OutputFormat, terminal: Terminal): string {
  const now = new Date().toISOString()
  const text = {
    json: () => planJson(plan),
    markdown: () => planMarkdown(plan, { now }),
    text: () => planText(plan, { ...terminal, now }),
  }[output]()
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

function planning(apps: readonly App[]): string {
  return `Planning ${apps.map((app) => app.name).join(', ')} …`
}

function progressLine(outcome: SyncOutcome): string {
  const done = outcome.objects.length > 0 ? ` · ${outcome.objects.length} objects` : ''
  const waiting = outcome.waiting?.[0] ? ` · ${outcome.waiting[0]}` : ''
  return `${outcome.app}: ${outcome.phase ?? outcome.state}${done}${waiting}`
}
