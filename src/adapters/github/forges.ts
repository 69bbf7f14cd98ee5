import type { Probot } from 'probot'
import { DrydockError } from '../../core/model/errors.ts'
import type { Forge, Forges, Log, RepositoryName } from '../../flows/ports.ts'
import { checkMethods } from './checks.ts'
import { appClient, type Client, type ClientOptions, type ForgeParts, tokenClient } from './client.ts'
import { commentMethods } from './comments.ts'
import { deploymentMethods } from './deployments.ts'
import { ask, statusOf } from './refusal.ts'
import { repositoryMethods } from './repository.ts'
import { restoreMethods } from './restore.ts'
import { revertMethods } from './revert.ts'
import { teamMethods } from './teams.ts'
import { createTokens, type Permissions, type TokenScope, type Tokens } from './tokens.ts'

/** What a {@link Forge} may do; app.yml asks for at least these. */
export const forgePermissions: Permissions = {
  metadata: 'read',
  contents: 'read',
  checks: 'write',
  deployments: 'write',
  issues: 'write',
  pull_requests: 'write',
}

/** What git may do. */
const gitPermissions: Permissions = { contents: 'read' }

/** What the forges need. */
export type ForgesOptions = {
  /** The Probot app that holds the App's id and key. */
  readonly probot: Probot
  readonly appId: number
  readonly log: Log
  /** One write a second for an installation (default); `false` where no such limit holds, as on GHES or in the demo. */
  readonly pace?: boolean
  /** Length of a second of waiting, in ms: 1000, shorter in tests. */
  readonly secondMs?: number
}

/** GitHub as the flows see it, and tokens for git. */
export type GitHub = Forges & {
  /** A token that can read the contents of this one repository, good for five more minutes at least. */
  readonly installationToken: (repository: RepositoryName, installationId: number) => Promise<string>
}

/** Opens GitHub for the App that `probot` holds. Nothing is asked before the first call. */
export function createForges(options: ForgesOptions): GitHub {
  const client: ClientOptions = { log: options.log, pace: options.pace ?? true, secondMs: options.secondMs ?? 1000 }
  let app: Promise<Client> | undefined
  const theApp = () => {
    app ??= appClient(options.probot, client)
    return app
  }
  const tokens = createTokens({
    createToken: async ({ installationId, repository, permissions }) => {
      const { data } = await (await theApp()).request('POST /app/installations/{installation_id}/access_tokens', {
        installation_id: installationId,
        permissions: { ...permissions },
        ...(repository ? { repositories: [repository.name] } : {}),
      })
      return data
    },
    granted: async (installationId) => {
      const { data } = await (await theApp()).rest.apps.getInstallation({ installation_id: installationId })
      return data.permissions as Permissions
    },
  })
  const clientFor = async (scope: TokenScope) =>
    tokenClient(await theApp(), String(scope.installationId), sourceOf(tokens, scope), client)

  let login: Promise<string> | undefined
  const botLogin = () => {
    login ??= botOf(theApp).catch((error: unknown) => {
      login = undefined
      throw error
    })
    return login
  }

  return {
    open: async (repository, installationId): Promise<Forge> => {
      const parts: ForgeParts = {
        ...client,
        client: await clientFor({ installationId, repository, permissions: forgePermissions }),
        appId: options.appId,
        at: { owner: repository.owner, repo: repository.name },
        clientWith: (permissions) => clientFor({ installationId, repository, permissions }),
        botLogin,
      }
      return {
        ...repositoryMethods(parts),
        ...commentMethods(parts),
        ...checkMethods(parts),
        ...deploymentMethods(parts),
        ...teamMethods(parts),
        ...revertMethods(parts),
        ...restoreMethods(parts),
      }
    },
    installed: () => installed(theApp, clientFor, options.log),
    installationToken: (repository, installationId) =>
      tokens.get({ installationId, repository, permissions: gitPermissions }),
  }
}

async function botOf(theApp: () => Promise<Client>): Promise<string> {
  const { data } = await ask('show the App', 'metadata: read', async () =>
    (await theApp()).rest.apps.getAuthenticated(),
  )
  if (!data?.slug) throw new DrydockError('github-failed', 'GitHub did not say what the App is called.')
  return `${data.slug}[bot]`
}

const sourceOf = (tokens: Tokens, scope: TokenScope) => ({
  get: () => tokens.get(scope),
  forget: () => tokens.forget(scope),
})

/** Lists repositories by installation; suspended ones and those that went away meanwhile are left out. */
async function installed(
  theApp: () => Promise<Client>,
  clientFor: (scope: TokenScope) => Promise<Client>,
  log: Log,
): ReturnType<Forges['installed']> {
  const app = await theApp()
  const installations = await ask('list the installations', 'metadata: read', () =>
    app.paginate(app.rest.apps.listInstallations, { per_page: 100 }),
  )
  const found: Awaited<ReturnType<Forges['installed']>>[number][] = []
  for (const { id, suspended_at } of installations) {
    if (suspended_at) continue
    const client = await clientFor({ installationId: id, permissions: { metadata: 'read' } })
    const repositories = await ask('list the repositories', 'metadata: read', async () => {
      try {
        return await client.paginate(client.rest.apps.listReposAccessibleToInstallation, { per_page: 100 })
      } catch (error) {
        if (statusOf(error) !== 404) throw error
        log.warn('An installation is gone', { installationId: id })
        return []
      }
    })
    for (const { owner, name } of repositories)
      found.push({ repository: { owner: owner.login, name }, installationId: id })
  }
  return found
}
