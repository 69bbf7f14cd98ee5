import type { Installation, Json } from '../model.ts'
import type { World } from '../world.ts'
import { apiUrl, userJson } from './common.ts'

/** `installation`, in the form that REST and webhooks share. */
export function installationJson(world: World, installation: Installation): Json {
  const url = `${apiUrl(world)}/app/installations/${installation.id}`
  return {
    id: installation.id,
    account: userJson(world, installation.account),
    repository_selection: 'selected',
    access_tokens_url: `${url}/access_tokens`,
    repositories_url: `${apiUrl(world)}/installation/repositories`,
    html_url: `${world.url}/settings/installations/${installation.id}`,
    app_id: world.app.id,
    app_slug: world.app.slug,
    target_id: installation.account.id,
    target_type: installation.account.type === 'Organization' ? 'Organization' : 'User',
    permissions: world.app.permissions,
    events: world.app.events,
    created_at: installation.createdAt,
    updated_at: installation.createdAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: null,
    suspended_at: null,
  }
}
