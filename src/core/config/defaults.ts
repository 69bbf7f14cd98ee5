import type { App } from '../model/app.ts'
import { appSchema } from './app-schema.ts'
import { toApp } from './settings.ts'

/**
 * An app with every setting at its default, configured nowhere.
 *
 * @param name an RFC 1123 label.
 * @param path a path inside the repository.
 * @throws when one of them isn't: both are made by us, so that is a bug and no mistake of a user.
 */
export function defaultApp(name: string, path: string): App {
  const { source: _nowhere, ...app } = toApp(appSchema.parse({ name, path }), { path: '', line: 1 })
  return app
}
