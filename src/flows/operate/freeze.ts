import { DrydockError, problemsOf } from '../../core/model/errors.ts'
import type { Freeze, Marks } from '../../core/model/inventory.ts'
import { type Json, type JsonObject, textAt } from '../../core/model/object.ts'
import { fullName } from '../../core/model/repository.ts'
import { covers } from '../../core/sync/holds.ts'
import { releaseHeld } from '../holds/release-held.ts'
import type { AuditEvent } from '../records.ts'
import type { AppState } from '../state-ports.ts'
import type { AdminOperations, AdminWorld } from './admin.ts'

/** What a freeze or its end did. */
export type FreezeResult = {
  readonly freeze?: Freeze
  /** Apps whose parent object says so now. */
  readonly marked: number
  /** Apps whose cluster did not take it, with the reason. */
  readonly missed: readonly string[]
  /** Syncs that go on. */
  readonly released: number
}

/**
 * `freeze` lets no new sync of a repository, or of all, begin (one that runs goes on to its end); `unfreeze` ends that;
 * `freezes` lists them. A freeze is kept in the
 * database and on the parent object of every app that it covers, so that a lost database doesn't thaw anything.
 */
export function freezeOperations(world: AdminWorld): AdminOperations {
  return {
    freeze: async (input, by) => {
      const scope = scopeOf(input)
      const reason = textAt(input, 'reason')?.trim()
      if (!reason) {
        throw new DrydockError('usage', 'A freeze needs a reason: those whose merges wait are shown it.', {
          hint: 'drydock freeze --reason "release week"',
        })
      }
      const freeze: Freeze = { scope, by, at: world.clock.now().toISOString(), reason: reason.slice(0, 500) }
      await world.store.saveFreeze(freeze)
      await world.store.audit(eventOf('freeze', freeze, by, freeze.reason))
      return toJson({ freeze, ...(await markAll(world, scope, (marks) => ({ ...marks, freeze }))), released: 0 })
    },
    unfreeze: async (input, by) => {
      const scope = scopeOf(input)
      const known = (await world.store.freezes()).find((each) => sameScope(each.scope, scope))
      await world.store.removeFreeze(scope)
      const left = await world.store.freezes()
      const done = await markAll(world, scope, (marks, repository) => withoutFreeze(marks, scope, left, repository))
      if (!known && done.marked === 0 && done.missed.length === 0) {
        const message = scope === '*' ? 'There is no freeze of every repository.' : `${scope} is not frozen by itself.`
        throw new DrydockError('usage', message, { hint: '`drydock freeze --list` shows what is frozen.' })
      }
      const at = world.clock.now().toISOString()
      await world.store.audit(eventOf('unfreeze', { scope, at }, by, known?.reason ?? 'known on the clusters only'))
      return toJson({ ...(known ? { freeze: known } : {}), ...done, released: await releaseHeld(world) })
    },
    freezes: async () => toJson(await world.store.freezes()),
  }
}

/** Changes the marks of every app that a scope covers, one after the other. */
async function markAll(
  world: AdminWorld,
  scope: string,
  change: (marks: Marks, repository: string) => Marks,
): Promise<Pick<FreezeResult, 'marked' | 'missed'>> {
  const missed: string[] = []
  let marked = 0
  for (const state of await appsIn(world, scope)) {
    const repository = fullName(state.repository)
    try {
      const cluster = await world.clusters.open(state.cluster, repository)
      const { marks = {}, resourceVersion } = await cluster.inventory(repository, state.app)
      // An app that was renamed or removed is not brought back by a mark.
      if (resourceVersion === undefined) continue
      if (JSON.stringify(change(marks, repository)) === JSON.stringify(marks)) continue
      await cluster.saveMarks(repository, state.app, (now) => change(now, repository))
      marked += 1
    } catch (thrown) {
      missed.push(`${state.app} of ${repository} on ${state.cluster}: ${problemsOf(thrown)[0]?.message ?? 'unknown'}`)
    }
  }
  return { marked, missed }
}

async function appsIn(world: AdminWorld, scope: string): Promise<readonly AppState[]> {
  return (await world.store.appStates()).filter(({ repository }) => covers({ scope }, fullName(repository)))
}

/** An app carries one freeze: another one that covers it takes the place of the one that ended. */
function withoutFreeze(marks: Marks, scope: string, left: readonly Freeze[], repository: string): Marks {
  const { freeze, ...others } = marks
  if (!freeze || !sameScope(freeze.scope, scope)) return marks
  const next = left.find((each) => covers(each, repository))
  return next ? { ...others, freeze: next } : others
}

function scopeOf(input: JsonObject): string {
  const repository = textAt(input, 'repository')
  if (repository === undefined) return '*'
  if (/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/.test(repository)) return repository
  throw new DrydockError('usage', `"${repository.slice(0, 100)}" is no repository.`, {
    hint: 'Write it as owner/name.',
  })
}

function sameScope(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function eventOf(
  action: 'freeze' | 'unfreeze',
  { scope, at }: Pick<Freeze, 'scope' | 'at'>,
  actor: string,
  result: string,
): AuditEvent {
  return {
    at,
    actor,
    action,
    repository: scope,
    app: '*',
    cluster: '*',
    revision: '',
    result,
    allowedBy: 'operator of the server',
  }
}

function toJson(value: FreezeResult | readonly Freeze[]): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}
