import { compareObjects } from '../../core/history/compare.ts'
import type { HistoryDiffDocument, HistoryDocument, PastSync, SyncDocument } from '../../core/history/documents.ts'
import type { KeptObjects } from '../../core/history/pack.ts'
import { DrydockError } from '../../core/model/errors.ts'
import { type Json, type JsonObject, textAt } from '../../core/model/object.ts'
import { fullName } from '../../core/model/repository.ts'
import type { RepositoryName } from '../ports.ts'
import type { SyncRecord } from '../records.ts'
import type { Packing, StoredObjects } from '../state-ports.ts'
import type { AdminOperations, AdminWorld } from './admin.ts'

/** What the history is read from. */
export type HistoryWorld = AdminWorld & { readonly packing: Packing }

/** So many syncs are listed at most, and without a number. */
const mostListed = 100
const listed = 20

type Address = { readonly repository: RepositoryName; readonly app: string }

/**
 * The history of an app as documents of `core/history/documents.ts`: `history` lists its syncs, `history-sync` shows one
 * of them, `history-diff` compares the objects of two. Objects are opened and masked here; no secret value is answered.
 */
export function historyOperations(world: HistoryWorld): AdminOperations {
  return {
    history: async (input) => {
      const address = await addressOf(world, input)
      const entries = await world.store.history(address, numberOf(input))
      return document({ ...head('History', address), syncs: entries.map(({ sync }) => pastSync(sync)) })
    },
    'history-sync': async (input) => {
      const address = await addressOf(world, input)
      const [found] = await find(world, address, wordOf(input, 'sync'))
      const entry = found && (await world.store.historyOf(found.id))
      if (!entry) throw new DrydockError('internal', 'A sync was found and is gone.')
      const { sync, plan, objects } = entry
      return document({
        ...head('Sync', address),
        sync: pastSync(sync),
        ...(plan ? { plan } : {}),
        objects: objects === undefined ? 'none' : objects.sealed ? 'sealed' : 'without-secrets',
      })
    },
    'history-diff': async (input) => {
      const address = await addressOf(world, input)
      const from = await keptOf(world, address, wordOf(input, 'from'))
      const to = await keptOf(world, address, wordOf(input, 'to'))
      const sides = { from: pastSync(from.sync), to: pastSync(to.sync) }
      return document({ ...head('HistoryDiff', address), ...sides, ...compareObjects(from.kept, to.kept) })
    },
  }
}

/** The app that is meant: of the repository that is named, else of the only one that has it. */
async function addressOf(world: HistoryWorld, input: JsonObject): Promise<Address> {
  const app = wordOf(input, 'app')
  const wanted = textAt(input, 'repository')
  const all = await world.store.repositoriesOf(app)
  const named = ({ owner, name }: RepositoryName) => `${owner}/${name}`
  const found = wanted ? all.filter((each) => named(each).toLowerCase() === wanted.toLowerCase()) : all
  const [repository] = found
  if (!repository) {
    const where = wanted ? ` of ${wanted}` : ''
    const others =
      all.length > 0 ? `There is one in ${all.map(named).join(', ')}.` : 'Names are those of .github/drydock.yaml.'
    throw new DrydockError('config-missing', `No app ${app}${where} was ever synced by this server.`, { hint: others })
  }
  if (found.length > 1) {
    throw new DrydockError('usage', `Several repositories have an app ${app}: ${found.map(named).join(', ')}.`, {
      hint: `Add --repository ${named(repository)}`,
    })
  }
  return { repository, app }
}

/** The syncs that a text names, newest first: one by its id, or all of one commit. Throws `usage`. */
async function find(world: HistoryWorld, address: Address, text: string): Promise<readonly SyncRecord[]> {
  const wanted = text.toLowerCase()
  if (!/^[\w-]{4,64}$/.test(wanted)) {
    throw new DrydockError('usage', `"${text}" names no sync.`, {
      hint: 'Give the first characters of a sync or of its commit, at least four.',
    })
  }
  const found = await world.store.findSyncs(address, wanted)
  const exact = found.filter((each) => each.id === wanted)
  const byId = exact.length > 0 ? exact : found.filter((each) => each.id.startsWith(wanted))
  const byCommit = Map.groupBy(exact.length > 0 ? [] : found, (each) => each.revision)
  const choices = [
    ...byId.map((each) => [each]),
    ...[...byCommit].filter(([id]) => id.startsWith(wanted)).map(([, all]) => all),
  ]
  const [first] = choices
  if (!first) {
    throw new DrydockError('usage', `${address.app} has no sync "${text}".`, {
      hint: `\`drydock history ${address.app}\` lists the newest.`,
    })
  }
  if (choices.length > 1) {
    const names = choices.map(([each]) => (each?.id.startsWith(wanted) ? each.id : each?.revision))
    throw new DrydockError('usage', `"${text}" is the beginning of several: ${names.join(', ')}.`, {
      hint: 'Give more of it.',
    })
  }
  return first
}

/** The newest sync that is named and still has its objects. */
async function keptOf(
  world: HistoryWorld,
  address: Address,
  text: string,
): Promise<{ readonly sync: SyncRecord; readonly kept: KeptObjects }> {
  for (const sync of await find(world, address, text)) {
    const stored = (await world.store.historyOf(sync.id))?.objects
    if (stored) return { sync, kept: open(world, stored, text) }
  }
  throw new DrydockError('usage', `The history has no objects of "${text}".`, {
    hint: 'It never came so far, or it is older than the 50 that keep them; `git diff` compares the commits.',
  })
}

function open(world: HistoryWorld, stored: StoredObjects, text: string): KeptObjects {
  try {
    return world.packing.unpack(stored)
  } catch (thrown) {
    if (!(thrown instanceof DrydockError)) throw thrown
    throw new DrydockError(thrown.code, `"${text}": ${thrown.message}`, { hint: thrown.hint, cause: thrown })
  }
}

function head<K extends string>(kind: K, { repository, app }: Address) {
  return { apiVersion: 'drydock.dev/v1', kind, repository: fullName(repository), app } as const
}

function pastSync(record: SyncRecord): PastSync {
  const { app: _app, repository: _repository, deploymentId: _deployment, ...rest } = record
  return rest
}

/** Documents are plain JSON; their types say more. */
function document(value: HistoryDocument | SyncDocument | HistoryDiffDocument): Json {
  return value as unknown as Json
}

function wordOf(input: JsonObject, key: string): string {
  const text = textAt(input, key)
  if (text !== undefined && text !== '') return text
  throw new DrydockError('usage', `"${key}" is missing.`)
}

function numberOf({ limit }: JsonObject): number {
  if (limit === undefined) return listed
  if (typeof limit === 'number' && Number.isInteger(limit) && limit >= 1 && limit <= mostListed) return limit
  throw new DrydockError('usage', `The number of syncs is from 1 to ${mostListed}.`)
}
