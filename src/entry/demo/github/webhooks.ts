import { createHmac, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeId, organizationJson, userJson } from './build/common.ts'
import { repositoryJson } from './build/repository.ts'
import type { Account, HookDelivery, Installation, Json, Repository } from './model.ts'
import type { World } from './world.ts'
import { changed, installationOf, newId, timestamp } from './world.ts'

/** GitHub waits this long for an answer, ms. */
const ANSWER_TIMEOUT = 10_000

const HOOK_ID = 1

async function send(world: World, delivery: HookDelivery): Promise<void> {
  const text = JSON.stringify(delivery.payload)
  const began = performance.now()
  delivery.requestHeaders = {
    accept: '*/*',
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/emulator',
    'x-github-delivery': delivery.guid,
    'x-github-event': delivery.event,
    'x-github-hook-id': String(HOOK_ID),
    'x-github-hook-installation-target-id': String(world.app.id),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature-256': `sha256=${createHmac('sha256', world.webhookSecret).update(text).digest('hex')}`,
  }
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT)
    const headers = delivery.requestHeaders
    const answer = await fetch(world.webhookUrl ?? '', { method: 'POST', headers, body: text, signal })
    delivery.responseBody = await answer.text()
    delivery.statusCode = answer.status
    delivery.status = answer.ok ? 'OK' : `Invalid HTTP Response: ${answer.status}`
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError'
    delivery.statusCode = late ? 504 : 502
    delivery.status = late ? 'timed out' : 'failed to connect to host'
  }
  delivery.duration = Math.round(performance.now() - began) / 1000
  changed(world)
}

/** Sends after all that was queued before. */
function enqueue(world: World, work: () => Promise<void>): void {
  world.outbox = world.outbox.then(work)
}

/** Webhooks that a fault took out of the queue. */
type Astray = { held: HookDelivery[]; readonly late: Promise<void>[] }

const astray = new WeakMap<World, Astray>()

function astrayOf(world: World): Astray {
  const known = astray.get(world) ?? { held: [], late: [] }
  astray.set(world, known)
  return known
}

function release(world: World): void {
  const apart = astrayOf(world)
  for (const each of apart.held) enqueue(world, () => send(world, each))
  apart.held = []
}

function dispatch(world: World, delivery: HookDelivery): void {
  const fault = world.faults.takeWebhook(delivery.event, delivery.action)
  switch (fault?.kind) {
    case 'reorder':
      astrayOf(world).held.push(delivery)
      return
    case 'drop':
      delivery.statusCode = 502
      delivery.status = 'failed to connect to host'
      break
    case 'delay':
      astrayOf(world).late.push(sleep(fault.ms ?? 100).then(() => send(world, delivery)))
      break
    default:
      enqueue(world, () => send(world, delivery))
  }
  if (fault?.kind === 'duplicate') enqueue(world, () => send(world, record(world, delivery)))
  if (fault?.kind === 'duplicate-other-guid') {
    enqueue(world, () => send(world, record(world, { ...delivery, guid: randomUUID() })))
  }
  release(world)
}

function record(world: World, delivery: HookDelivery): HookDelivery {
  const recorded = { ...delivery, id: newId(world), at: timestamp() }
  world.deliveries.push(recorded)
  return recorded
}

function deliver(
  world: World,
  event: string,
  payload: Json,
  installation: Installation,
  repository: Repository | undefined,
): void {
  if (!world.webhookUrl) return
  const action = typeof payload.action === 'string' ? payload.action : null
  const text = action ? `${event}.${action}` : event
  for (const message of world.validator?.webhook(event, action, payload) ?? []) {
    world.violations.push({ where: 'webhook', operation: text, message })
  }
  const delivery = record(world, {
    id: 0,
    guid: randomUUID(),
    event,
    action,
    at: timestamp(),
    redelivery: false,
    installationId: installation.id,
    repositoryId: repository?.id ?? null,
    // A copy: the state may move on before it is sent.
    payload: structuredClone(payload),
    statusCode: 0,
    status: 'pending',
    duration: 0,
    requestHeaders: {},
    responseBody: '',
  })
  dispatch(world, delivery)
}

/** Events that an App gets without asking. */
const ALWAYS = new Set(['installation', 'installation_repositories', 'check_suite'])

/** Tells the App about something in a repository, if it is installed there and listens to this event. */
export function emit(world: World, repository: Repository, event: string, payload: Json, sender: Account): void {
  const installation = installationOf(world, repository)
  if (!installation || !(ALWAYS.has(event) || world.app.events.includes(event))) return
  const full: Json = {
    ...payload,
    repository: repositoryJson(world, repository),
    ...(repository.owner.type === 'Organization' ? { organization: organizationJson(world, repository.owner) } : {}),
    sender: userJson(world, sender),
    installation: { id: installation.id, node_id: nodeId('Installation', installation.id) },
  }
  deliver(world, event, full, installation, repository)
}

/** Tells the App about its installation. */
export function emitInstallation(
  world: World,
  installation: Installation,
  event: string,
  payload: Json,
  sender: Account,
): void {
  deliver(world, event, { ...payload, sender: userJson(world, sender) }, installation, undefined)
}

/** Sends a delivery again with its GUID. Returns the new delivery. */
export function redeliver(world: World, delivery: HookDelivery): HookDelivery {
  const again = record(world, { ...delivery, redelivery: true, statusCode: 0, status: 'pending', responseBody: '' })
  enqueue(world, () => send(world, again))
  return again
}

/** Resolves when no webhook is on its way; those kept back by a `reorder` fault are sent first. */
export async function idle(world: World): Promise<void> {
  release(world)
  const apart = astrayOf(world)
  for (let seen: unknown; seen !== world.outbox || apart.late.length > 0; ) {
    seen = world.outbox
    await Promise.all([seen, ...apart.late.splice(0)])
  }
}
