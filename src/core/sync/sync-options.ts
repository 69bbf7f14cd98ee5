import { nearest } from '../config/nearest.ts'
import type { KubeObject } from '../model/object.ts'
import { annotation, quoted, type Remarks, wordsOf } from './annotations.ts'

/** Argo CD's options of one object, as its documentation spells them: `Prune` → `false`. */
export type SyncOptions = ReadonlyMap<string, string>

/** The annotation that holds them. */
export const syncOptionsKey = 'argocd.argoproj.io/sync-options'

const flag = ['true', 'false']

/** All that docs/user-guide/sync-options.md has, with their values. */
const known: Readonly<Record<string, readonly string[]>> = {
  Prune: [...flag, 'confirm'],
  Delete: [...flag, 'confirm'],
  PruneLast: flag,
  PrunePropagationPolicy: ['foreground', 'background', 'orphan'],
  Validate: flag,
  SkipDryRunOnMissingResource: flag,
  ApplyOutOfSyncOnly: flag,
  Replace: flag,
  Force: flag,
  ServerSideApply: flag,
  ClientSideApplyMigration: flag,
  FailOnSharedResource: flag,
  RespectIgnoreDifferences: flag,
  CreateNamespace: flag,
}

const withoutEffect: Readonly<Record<string, string>> = {
  'Validate=false': "an apply on the server side refuses a field that the kind doesn't have.",
  'ServerSideApply=false': 'Drydock applies on the server side only.',
  'CreateNamespace=true': 'it is an option of a whole application. Add the Namespace to the manifests.',
}

/**
 * The options of an object; letter case doesn't count, and an unknown option is left out. Where the value isn't known it
 * is kept as it is, so that what protects an object may still do so.
 */
export function syncOptions(object: KubeObject, remarks: Remarks): SyncOptions {
  const options = new Map<string, string>()
  for (const word of wordsOf(annotation(object, syncOptionsKey) ?? '')) {
    const [written = '', given = ''] = word.split('=').map((part) => part.trim())
    const name = Object.keys(known).find((each) => each.toLowerCase() === written.toLowerCase())
    if (name === undefined) {
      const near = nearest(written, Object.keys(known))
      const next = near ? `Did you mean ${near}?` : 'It has no effect.'
      remarks.warnings.push(`${syncOptionsKey}: ${quoted(word)} is not an option. ${next}`)
      continue
    }
    const value = given.toLowerCase()
    const values = known[name] ?? []
    const effect = withoutEffect[`${name}=${value}`]
    if (!values.includes(value)) {
      remarks.warnings.push(`${syncOptionsKey}: ${quoted(word)} is not known. ${name} can be ${values.join(', ')}.`)
    } else if (effect) {
      remarks.warnings.push(`${syncOptionsKey}: ${name}=${value} has no effect: ${effect}`)
    }
    options.set(name, value)
  }
  return options
}
