import { DrydockError } from '../../core/model/errors.ts'
import type { Forge, RestoredFile } from '../../flows/ports.ts'
import type { Client, ForgeParts } from './client.ts'
import { findOwnPull, openingNeeds, openingPermissions } from './own-pulls.ts'
import { createOnce } from './patience.ts'
import { ask, askedWait, refusalOf, statusOf } from './refusal.ts'

/** So many branches of one name are tried: others may hold it, and nobody's branch is overwritten. */
const maxBranches = 10

/** A commit on GitHub that no branch names yet. */
type Made = { readonly sha: string; readonly tree: string; readonly parent: string }

/** The pull request that makes files what an earlier commit had. */
export function restoreMethods(parts: ForgeParts) {
  const { at } = parts

  /** Trees and commits are named by their content: making one again after a lost answer harms nobody. */
  const commit = async (client: Client, message: string, parent: string, files: readonly RestoredFile[]) => {
    const before = await client.rest.git.getCommit({ ...at, commit_sha: parent })
    const base_tree = before.data.tree.sha
    const { data } = await client.rest.git.createTree({ ...at, base_tree, tree: treeEntries(files) })
    const made = await client.rest.git.createCommit({ ...at, message, tree: data.sha, parents: [parent] })
    return { sha: made.data.sha, tree: data.sha, parent }
  }

  /** Is this branch what a crash, or a lost answer, left over of the same restore? */
  const isLeftOver = async (client: Client, branch: string, { tree, parent }: Made) => {
    const { data: ref } = await client.rest.git.getRef({ ...at, ref: `heads/${branch}` })
    const { data } = await client.rest.git.getCommit({ ...at, commit_sha: ref.object.sha })
    return data.tree.sha === tree && data.parents.length === 1 && data.parents[0]?.sha === parent
  }

  /** Returns the branch, whose name is the wanted one or that with a number. */
  const branchAt = async (client: Client, wanted: string, made: Made) => {
    for (let index = 1; index <= maxBranches; index += 1) {
      const branch = index === 1 ? wanted : `${wanted}-${index}`
      try {
        await client.rest.git.createRef({ ...at, ref: `refs/heads/${branch}`, sha: made.sha })
        return branch
      } catch (error) {
        if (!alreadyExists(error)) throw error
        if (await isLeftOver(client, branch, made)) return branch
      }
    }
    throw new DrydockError('github-failed', `The branches ${wanted} to ${wanted}-${maxBranches} are there already.`, {
      hint: 'Delete those that nobody needs, then try again.',
    })
  }

  const methods: Pick<Forge, 'openRestore'> = {
    openRestore: ({ number, key, branch, parent, files, title, body }) =>
      ask(`open the pull request that takes back #${number}`, openingNeeds, async () => {
        const client = await parts.clientWith(openingPermissions)
        const marker = `<!-- drydock:restore:${number}:${key} -->`
        const find = () => findOwnPull(parts, client, marker)
        const known = await find()
        if (known !== undefined) return { number: known }
        const head = await asWorkflows(files, number, async () => {
          const made = await commit(client, title, parent, files)
          return branchAt(client, `drydock/rollback-${number}-${key}`, made)
        })
        const create = async () => {
          const wish = { ...at, head, base: branch, title, body: `${body}\n\n${marker}` }
          return (await client.rest.pulls.create({ ...wish, request: { retries: 0 } })).data.number
        }
        return { number: await createOnce(create, find, parts) }
      }),
  }
  return methods
}

/** Deletions first: a folder may take the place of a file, and a file that of a folder. */
function treeEntries(files: readonly RestoredFile[]) {
  const gone = files.filter((file) => file.id === undefined)
  const there = files.filter((file) => file.id !== undefined)
  return [
    ...gone.map(({ path }) => ({ path, mode: '100644' as const, type: 'blob' as const, sha: null })),
    ...there.map(({ path, mode, id = null }) => {
      const type = mode === '160000' ? ('commit' as const) : ('blob' as const)
      return { path, mode: (mode ?? '100644') as '100644', type, sha: id }
    }),
  ]
}

function alreadyExists(error: unknown): boolean {
  return statusOf(error) === 422 && /reference already exists/i.test(String((error as Error).message))
}

/**
 * GitHub wants one more permission of an App for files of workflows, and hardly says so: the refusal is that of any
 * missing permission, or that there is no such thing.
 */
async function asWorkflows<T>(files: readonly RestoredFile[], number: number, send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    const touched = files.some(({ path }) => path.startsWith('.github/workflows/'))
    const refused = [403, 404].includes(statusOf(error) ?? 0) || /\bworkflows?\b.*permission/i.test(String(error))
    if (!touched || !refused || askedWait(error, Date.now()) !== undefined) throw error
    const { message } = refusalOf(error, `take back #${number}`, openingNeeds)
    throw new DrydockError('github-failed', message, {
      hint: 'It changes files below .github/workflows: for these GitHub wants the permission workflows: write, which Drydock never asks for. Take them back by hand.',
    })
  }
}
