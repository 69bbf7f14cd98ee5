import type { ConfigNote } from './settings.ts'
import type { YamlDocument } from './yaml-document.ts'

/** Keys of the file that are checked but not acted on in this version. */
const repositoryKeys = ['policies', 'require', 'exceptions']

/** Keys of an app, likewise. */
const appKeys = ['createNamespace']

/**
 * Notes for settings that this version checks but doesn't act on: somebody who wrote `policies` must not believe that
 * one of them was asked.
 */
export function withoutEffect(document: YamlDocument, path: string): readonly ConfigNote[] {
  const found: PropertyKey[][] = repositoryKeys.filter((key) => has(document.value, key)).map((key) => [key])
  for (const [index, app] of listOf(document.value, 'apps').entries()) found.push(...inApp(app, ['apps', index]))
  for (const [index, rule] of listOf(document.value, 'generate').entries()) {
    found.push(...inApp(entry(rule, 'template'), ['generate', index, 'template']))
  }
  return found.map((keys) => ({
    message: `\`${keys.map(String).at(-1)}\` has no effect in this version of Drydock.`,
    source: { path, line: document.lineOf(keys) },
  }))
}

function inApp(app: unknown, at: readonly PropertyKey[]): PropertyKey[][] {
  return appKeys.filter((key) => has(app, key)).map((key) => [...at, key])
}

function entry(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Record<string, unknown>)[key]
}

function listOf(value: unknown, key: string): readonly unknown[] {
  const found = entry(value, key)
  return Array.isArray(found) ? found : []
}

/** Whether a key says something: an empty list or `false` asks for nothing. */
function has(value: unknown, key: string): boolean {
  const found = entry(value, key)
  return found !== undefined && found !== false && !(Array.isArray(found) && found.length === 0)
}
