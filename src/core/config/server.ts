import { z } from 'zod'
import { DrydockErrors } from '../model/errors.ts'
import { globFault, matcher } from './glob.ts'
import { problemsOfIssues } from './issues.ts'
import { label } from './schema-parts.ts'
import { readYaml } from './yaml-document.ts'

const plainGlob = z.string().superRefine((text, context) => {
  const fault = globFault(text)
  if (fault) context.addIssue({ code: 'custom', message: fault })
})

const cluster = z
  .strictObject({
    context: z.string().min(1).optional().describe('Context of the kubeconfig. Default: its current context.'),
    kubeconfig: z.string().min(1).optional().describe('Path of the kubeconfig file. Default: `KUBECONFIG`.'),
    inCluster: z.boolean().default(false).describe("`true`: the cluster that Drydock runs in, by its pod's account."),
    repositories: z
      .array(plainGlob)
      .optional()
      .describe('Repositories (globs of `owner/name`) that may use it. Default: every one.'),
    namespaces: z.array(plainGlob).optional().describe('Namespaces (globs) that may be changed. Default: every one.'),
  })
  .refine((each) => !each.inCluster || (each.context === undefined && each.kubeconfig === undefined), {
    error: 'has `inCluster: true` beside `context` or `kubeconfig`: keep one of them',
  })

const schema = z.strictObject({
  clusters: z
    .record(label, cluster)
    .refine((clusters) => Object.keys(clusters).length > 0, { error: 'names no cluster' })
    .describe('The clusters that repositories may name.'),
})

/** One cluster of the server's configuration. */
export type ServerCluster = {
  readonly context?: string
  readonly kubeconfig?: string
  readonly inCluster: boolean
  /** Globs of `owner/name`. Absent: every repository where the App is installed. */
  readonly repositories?: readonly string[]
  /** Globs. Absent: every namespace. */
  readonly namespaces?: readonly string[]
}

/** The server's configuration (`DRYDOCK_CONFIG`). */
export type ServerConfig = { readonly clusters: Readonly<Record<string, ServerCluster>> }

/** Without a file: one cluster, `default`, at the kubeconfig's current context. */
export const defaultServerConfig: ServerConfig = { clusters: { default: { inCluster: false } } }

/**
 * Reads the server's configuration.
 *
 * @param path how the file is called in messages.
 * @throws DrydockErrors `config-invalid`: one problem for each mistake, each with its line.
 */
export function parseServerConfig(text: string, path: string): ServerConfig {
  const document = readYaml(text, path)
  const parsed = schema.safeParse(document.value)
  if (!parsed.success) throw new DrydockErrors(problemsOfIssues(parsed.error.issues, { document, path, schema }))
  // The same JSON without the keys that have no value.
  return JSON.parse(JSON.stringify(parsed.data)) as ServerConfig
}

/** Whether a repository (`owner/name`, letter case doesn't count on GitHub) may use a cluster. */
export function mayUseCluster(settings: Partial<ServerCluster>, repository: string): boolean {
  return settings.repositories === undefined || matcher(settings.repositories, { ignoreCase: true })(repository)
}

/** Whether objects of a namespace may be changed on a cluster. */
export function mayChangeNamespace(settings: Partial<ServerCluster>, namespace: string): boolean {
  return settings.namespaces === undefined || matcher(settings.namespaces)(namespace)
}
