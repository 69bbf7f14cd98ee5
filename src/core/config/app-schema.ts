import { z } from 'zod'
import { celFault } from '../health/expressions.ts'
import { commandRules } from './command-rules.ts'
import { checked, duration, jsonPointer, label, path, selector } from './schema-parts.ts'

/** JSON has no number for `.inf` and `.nan`. */
function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value !== 'object' || value === null || Object.values(value).every(isJson)
}

const helm = z
  .strictObject({
    releaseName: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, {
        error: 'must be a release name: lower-case letters, digits, `-`, `.`',
      })
      .max(53)
      .optional()
      .describe("Name of the release in the templates. Default: the app's name."),
    valueFiles: z
      .array(z.string().min(1))
      .optional()
      .describe('Value files, relative to `path`, the last one wins. They may lie elsewhere in the repository.'),
    values: z
      .record(z.string(), z.unknown())
      .refine(isJson, { error: 'must not hold infinite numbers' })
      .optional()
      .describe('Values that win over every value file. `{{ }}` in them is left as it is.'),
  })
  .describe('Settings of Helm, when `path` holds a Chart.yaml.')

const sync = z
  .strictObject({
    auto: z.boolean().default(true).describe('`true`: a merge syncs. `false`: a merge waits for `/sync`.'),
    prune: z
      .union([z.boolean(), z.literal('confirm')], { error: 'must be true, false or confirm' })
      .default(true)
      .describe('Delete what the app no longer contains: `true`, `false`, or `confirm` to ask with `/approve` first.'),
    selfHeal: z.boolean().default(false).describe('`true`: drift is corrected. `false`: drift is only reported.'),
    timeout: duration.prefault('5m').describe('How long a sync waits for health, such as `5m`.'),
    retry: z
      .strictObject({
        limit: z.int().min(0).max(10).default(3).describe('How often a step that may succeed later is tried again.'),
        backoff: duration.prefault('5s').describe('Pause before the first retry; it doubles each time.'),
      })
      .prefault({})
      .describe('Retries of a failed step.'),
    onFailure: z
      .enum(['hold', 'rollback'])
      .default('hold')
      .describe('After a failed sync: `hold` leaves the cluster as it is, `rollback` applies the last good revision.'),
    maxPrune: z.int().min(0).default(10).describe('More deletions than this in one sync need `/approve`.'),
  })
  .prefault({})
  .describe('How the app is synced.')

const fields = z.strictObject({
  ...selector,
  jsonPointers: z.array(jsonPointer).min(1).describe('The fields, as JSON pointers such as `/spec/replicas`.'),
})

function expressionFault(text: string): string | undefined {
  const fault = celFault(text)
  return fault && `must be a CEL expression on \`object\` that is true or false (${fault})`
}

const healthRule = z.strictObject({
  group: z.string().describe('API group of the kind.'),
  kind: z.string().min(1).describe('Kind that the rule is for.'),
  healthy: checked(expressionFault).describe('CEL expression on `object`: it does its work.'),
  degraded: checked(expressionFault).optional().describe('CEL expression on `object`: it has failed.'),
})

/** Keys of an app that a template of `generate` has too. */
const settings = {
  render: z
    .enum(['auto', 'plain', 'kustomize', 'helm'])
    .default('auto')
    .describe('Renderer. `auto`: kustomize for a kustomization.yaml, helm for a Chart.yaml, else plain YAML and JSON.'),
  helm: helm.optional(),
  sync,
  ignore: z
    .array(fields)
    .default([])
    .describe('Fields that others own: left as they are live, never shown as a change.'),
  adopt: z.boolean().default(false).describe('Take over objects that Argo CD, Flux, Helm or another tool owns.'),
  preview: z.boolean().default(false).describe('Allow `/sync` on an open pull request, pinned until it is closed.'),
  createNamespace: z.boolean().default(false).describe("Create the app's namespace when it does not exist."),
  dependsOn: z
    .array(label)
    .default([])
    .describe('Apps of this file that must be synced and healthy before this one is synced.'),
  managers: z
    .array(z.string().min(1).max(128))
    .default([])
    .describe('Field managers (globs) beside `kubectl*` whose added fields count as drift.'),
  health: z.array(healthRule).default([]).describe('Health of kinds; it wins over what Drydock knows of them.'),
  commands: commandRules
    .optional()
    .describe('Who may use which command on this app. What is not said here goes by `commands` of the whole file.'),
  sensitive: z.array(fields).default([]).describe('Fields, beside those of Secrets, whose values are never shown.'),
}

/** One app of `.github/drydock.yaml`. */
export const appSchema = z
  .strictObject({
    name: label.describe('Name of the app, unique in the repository: lower-case letters, digits and `-`.'),
    path: path.describe('Folder from the root of the repository that is rendered; `.` is the root.'),
    cluster: label.default('default').describe("Name of the cluster in the server's configuration."),
    namespace: label.optional().describe('Namespace for namespaced objects that name none.'),
    ...settings,
  })
  .describe('An application: manifests rendered from one path, living on one cluster.')

/** The template of `generate`: an app without path, whose names may hold `{{ path[1] }}`. */
export const templateSchema = z
  .strictObject({
    name: z.string().describe('Name of each app, such as `{{ path[1] }}-{{ path[3] }}`.'),
    cluster: z.string().default('default').describe('Cluster of each app; may hold `{{ path[3] }}`.'),
    namespace: z.string().optional().describe('Namespace of each app; may hold `{{ path[1] }}`.'),
    ...settings,
    helm: z
      .strictObject({
        ...helm.shape,
        releaseName: z.string().optional().describe('Release name; may hold `{{ path[1] }}`.'),
      })
      .optional()
      .describe('Settings of Helm; `releaseName` and `valueFiles` may hold `{{ path[1] }}`.'),
  })
  .describe('The settings of each app that is made. Its path is the matched folder.')
