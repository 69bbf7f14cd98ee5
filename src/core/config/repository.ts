import type { z } from 'zod'
import { DrydockErrors, type Problem, problem } from '../model/errors.ts'
import { dependencyFaults } from '../sync/depends.ts'
import { appSchema } from './app-schema.ts'
import { expandTemplate } from './generate.ts'
import { matcher } from './glob.ts'
import { pathText, problemsOfIssues } from './issues.ts'
import { valueFileFault } from './paths.ts'
import { repositorySchema } from './repository-schema.ts'
import { type AppSettings, type ConfigNote, type RepositorySettings, toApp } from './settings.ts'
import { withoutEffect } from './without-effect.ts'
import { readYaml, type YamlDocument } from './yaml-document.ts'

/** Where the configuration may stand. Both at once is an error: see {@link chooseConfigPath}. */
export const configPaths = ['.github/drydock.yaml', '.github/drydock.yml'] as const

/**
 * The configuration file among the files of a tree, or `undefined` when there is none.
 *
 * @throws DrydockErrors `config-invalid` when there are two.
 */
export function chooseConfigPath(files: readonly string[]): string | undefined {
  const found = configPaths.filter((each) => files.includes(each))
  if (found.length < 2) return found[0]
  throw new DrydockErrors([
    problem('config-invalid', `There are two configuration files: ${found.join(' and ')}.`, {
      source: { path: configPaths[1], line: 1 },
      hint: `Keep ${configPaths[0]} and remove the other one.`,
    }),
  ])
}

/**
 * Reads `.github/drydock.yaml`.
 *
 * @param folders every folder of the same tree (see `foldersOf`), for the globs of `generate`.
 * @throws DrydockErrors `config-invalid`: one problem for each mistake, each with its line.
 */
export function parseRepositoryConfig(text: string, path: string, folders: readonly string[] = []): RepositorySettings {
  const document = readYaml(text, path)
  const parsed = repositorySchema.safeParse(document.value)
  if (!parsed.success) {
    throw new DrydockErrors(problemsOfIssues(parsed.error.issues, { document, path, schema: repositorySchema }))
  }
  const { version: _, apps: written, generate, ...rest } = parsed.data
  const file: File = { document, path, problems: [], notes: [] }
  const placed = [
    ...written.map((raw, index) => placeApp(file, raw, ['apps', index])),
    ...generate.flatMap((_generator, index) => generated(file, index, folders)),
  ]
  const apps = placed.map((each) => each.app)
  if (apps.length === 0 && generate.length === 0) {
    file.problems.push(
      problem('config-invalid', 'The file names no app.', {
        source: { path, line: document.lineOf(['apps']) },
        hint: 'Add an app under `apps`, or a rule under `generate`.',
      }),
    )
  }
  checkTogether(file, apps)
  checkDependencies(file, placed)
  if (file.problems.length > 0) throw new DrydockErrors(file.problems)
  return { ...rest, apps, discovered: false, path, notes: [...file.notes, ...withoutEffect(document, path)] }
}

type File = {
  readonly document: YamlDocument
  readonly path: string
  readonly problems: Problem[]
  readonly notes: ConfigNote[]
}

/** An app, and where the file says what it is. */
type Placed = { readonly app: AppSettings; readonly at: readonly PropertyKey[] }

function placeApp(file: File, raw: z.output<typeof appSchema>, at: readonly PropertyKey[]): Placed {
  return { app: toApp(raw, { path: file.path, line: file.document.lineOf([...at, 'name']) }), at }
}

/** The apps of one rule of `generate`. */
function generated(file: File, index: number, folders: readonly string[]): readonly Placed[] {
  const { document, path } = file
  const raw = (document.value as z.input<typeof repositorySchema>).generate?.[index]
  if (!raw) return []
  const at = ['generate', index, 'template']
  const matches = matcher([raw.directories])
  const matched = folders.filter((folder) => matches(folder))
  if (matched.length === 0) {
    const source = { path, line: document.lineOf(['generate', index, 'directories']) }
    file.notes.push({ message: `\`generate[${index}].directories\` matches no folder.`, source })
  }
  return matched.flatMap((folder) => {
    const { app, faults } = expandTemplate(raw.template, folder)
    for (const { at: inside, fault } of faults) {
      const where = [...at, ...inside]
      file.problems.push(
        problem('config-invalid', `\`${pathText(where)}\` ${fault.message}.`, {
          source: { path, line: document.lineOf(where) },
          hint: fault.hint,
        }),
      )
    }
    if (faults.length > 0) return []
    const parsed = appSchema.safeParse(app)
    if (parsed.success) return [placeApp(file, parsed.data, at)]
    const origin = { document, path, schema: appSchema, at, value: app }
    for (const each of problemsOfIssues(parsed.error.issues, origin)) {
      file.problems.push({ ...each, message: `${each.message} (made of the folder \`${folder}\`)` })
    }
    return []
  })
}

/** What the apps must be together: names are unique, value files lie inside. */
function checkTogether(file: File, apps: readonly AppSettings[]): void {
  const names = new Map<string, AppSettings>()
  for (const app of apps) {
    const other = names.get(app.name)
    if (other) {
      const first = other.source?.line === app.source?.line ? `\`${other.path}\`` : `line ${other.source?.line}`
      file.problems.push(
        problem('config-invalid', `Two apps are named \`${app.name}\`: here (\`${app.path}\`) and ${first}.`, {
          source: app.source,
          hint: 'Give each app its own name; syncs, locks and inventories go by it.',
        }),
      )
    } else names.set(app.name, app)
    for (const each of app.helm?.valueFiles ?? []) {
      const fault = valueFileFault(app.path, each)
      if (fault) {
        const message = `The value file "${each.slice(0, 100)}" of \`${app.name}\` ${fault}.`
        file.problems.push(problem('config-invalid', message, { source: app.source }))
      }
    }
  }
}

/** Dependencies exist, and no apps wait for each other. */
function checkDependencies(file: File, placed: readonly Placed[]): void {
  for (const fault of dependencyFaults(placed.map((each) => each.app))) {
    const line = file.document.lineOf([...(placed[fault.app]?.at ?? []), 'dependsOn', fault.entry])
    file.problems.push(problem('config-invalid', `${fault.message}.`, { source: { path: file.path, line } }))
  }
}
