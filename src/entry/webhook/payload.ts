import { at, isArray, type Json, numberAt, textAt } from '../../core/model/object.ts'
import type { RepositoryAddress } from '../../flows/records.ts'

/** A repository that a payload names, with the id that survives a rename. */
export type PayloadRepository = { readonly address: RepositoryAddress; readonly id: number }

/** What GitHub allows in names of owners and repositories; anything else must not get into paths and URLs. */
const name = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/
const commitId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** A positive integer at a path, or `undefined`. */
export function idAt(payload: Json, ...path: readonly (string | number)[]): number | undefined {
  const found = numberAt(payload, ...path)
  return found !== undefined && Number.isSafeInteger(found) && found > 0 ? found : undefined
}

/** A commit id at a path, or `undefined`; the id of zeros, which means "none", too. */
export function commitAt(payload: Json, ...path: readonly (string | number)[]): string | undefined {
  const found = textAt(payload, ...path)
  return found && commitId.test(found) && !/^0+$/.test(found) ? found : undefined
}

/** The branch that a full ref names, or `undefined` for a tag and for anything else. */
export function branchOf(ref: string | undefined): string | undefined {
  return ref ? /^refs\/heads\/(?<branch>[^\p{Cc}]+)$/u.exec(ref)?.groups?.branch : undefined
}

/** The repository and its installation, or what is missing. */
export function repositoryOf(payload: Json): PayloadRepository | string {
  const owner = textAt(payload, 'repository', 'owner', 'login')
  const repository = textAt(payload, 'repository', 'name')
  const id = idAt(payload, 'repository', 'id')
  const installationId = idAt(payload, 'installation', 'id')
  if (!owner || !repository || id === undefined || !name.test(owner) || !name.test(repository))
    return 'the payload names no repository'
  if (installationId === undefined) return 'the payload names no installation; the webhook must be the one of the App'
  return { address: { owner, name: repository, installationId }, id }
}

/** The pull requests of a check run or suite that belong to this repository (GitHub also lists those of forks). */
export function pullRequestsOf(list: Json | undefined, repositoryId: number): readonly number[] {
  if (!isArray(list)) return []
  const numbers = list
    .filter((each) => (at(each, 'base', 'repo', 'id') ?? repositoryId) === repositoryId)
    .map((each) => idAt(each, 'number'))
    .filter((number) => number !== undefined)
  return [...new Set(numbers)]
}
