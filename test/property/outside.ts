import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '../../src/adapters/kubernetes/connection.ts'
import type { Member } from './members.ts'
import { type Mutation, requestsOf } from './mutations.ts'
import type { Snapshot } from './oracle/judge.ts'
import type { Body } from './template.ts'

/** Reads every object of a case past Drydock. */
export async function takeSnapshot(connection: Connection, members: readonly Member[]): Promise<Snapshot> {
  const reads = members.map(async ({ key, path }) => [key, await read(connection, path)] as const)
  return new Map(await Promise.all(reads))
}

async function read(connection: Connection, path: string): Promise<Body | undefined> {
  const answer = await connection.send({ method: 'GET', path })
  if (answer.status !== 200 && answer.status !== 404) throw new Error(`GET ${path}: ${answer.status}`)
  return answer.status === 200 ? (answer.body as Body) : undefined
}

/** Makes the objects that somebody else had before. */
export async function adoptees(connection: Connection, members: readonly Member[], log: string[]): Promise<void> {
  for (const member of members.filter(({ subject }) => subject.adopted)) {
    const query = { fieldManager: 'kubectl-create' }
    const body = member.other as never
    const answer = await connection.send({ method: 'POST', path: member.collection, query, body })
    log.push(`${member.key}: created by kubectl-create: ${answer.status}`)
  }
}

/** Does what others do to one object; the API server may refuse it. */
export async function interfere(
  connection: Connection,
  member: Member,
  mutation: Mutation,
  log: string[],
): Promise<void> {
  const path = `${member.collection}/${member.name}`
  const live = await read(connection, path)
  if (live === undefined && mutation.how !== 'apply') return
  const { strategic, scalable } = member.template
  for (const request of requestsOf(mutation, { ...member, path, live, strategic, scalable })) {
    const answer = await connection.send(request)
    if (request.method === 'DELETE') await untilGone(connection, path)
    const { method, query, body } = request
    log.push(
      `${member.key}: ${mutation.how}: ${method} by ${query?.fieldManager} ${JSON.stringify(body)}: ${answer.status}`,
    )
  }
}

async function untilGone(connection: Connection, path: string): Promise<void> {
  for (const end = performance.now() + 5000; performance.now() < end; await delay(20)) {
    if ((await read(connection, path)) === undefined) return
  }
}

/** Binds claims as a storage provider would: the real binder may wait 15 s for its next round. */
export async function bindClaims(
  connection: Connection,
  members: readonly Member[],
  signal: AbortSignal,
): Promise<void> {
  const claims = members.filter(({ template }) => template.bound)
  for (; claims.length > 0 && !signal.aborted; await delay(300, undefined, { signal }).catch(() => undefined)) {
    const contentType = 'application/merge-patch+json'
    const body = { status: { phase: 'Bound' } }
    // All at once: the real binder, which misses their volumes, takes it back.
    await Promise.all(
      claims.map(({ path }) => connection.send({ method: 'PATCH', path: `${path}/status`, contentType, body })),
    )
  }
}
