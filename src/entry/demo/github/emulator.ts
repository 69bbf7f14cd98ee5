import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFaults, type Faults } from './faults.ts'
import type { HookDelivery, RecordedRequest, Violation } from './model.ts'
import { createListener } from './server.ts'
import { createRepository } from './story.ts'
import type { NewRepository, RepositoryStory } from './story-types.ts'
import { openValidator } from './validation.ts'
import { waitFor } from './wait.ts'
import { idle, redeliver } from './webhooks.ts'
import type { World } from './world.ts'
import { account, timestamp } from './world.ts'

/** What Drydock's app.yml asks for; give `permissions` for something else. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  issues: 'write',
  members: 'read',
  merge_queues: 'read',
  metadata: 'read',
  pull_requests: 'write',
  statuses: 'write',
}

const EVENTS = [
  'check_run',
  'check_suite',
  'issue_comment',
  'merge_group',
  'pull_request',
  'pull_request_review',
  'push',
]

/** How the emulator begins. */
export type EmulatorOptions = {
  /** An App's key, PEM: the private or the public one. */
  readonly appKeyPem: string
  readonly appId: number
  readonly webhookSecret: string
  /** Where the bare repositories are kept; made when it isn't there. Not removed at the end. */
  readonly folder: string
  /** No webhook is sent before there is one; see {@link Emulator.setWebhookUrl}. */
  readonly webhookUrl?: string
  /** Any free one unless given. */
  readonly port?: number
  /** Check requests, answers and webhooks against GitHub's schemas; yes where they are installed, unless false. */
  readonly validate?: boolean
  /** The App's name in addresses and of its bot; `drydock` unless given. */
  readonly slug?: string
  readonly permissions?: Readonly<Record<string, string>>
  /** Events that the App subscribes to. */
  readonly events?: readonly string[]
}

/** A GitHub of its own, listening on 127.0.0.1. */
export type Emulator = {
  readonly url: string
  /** Base of the REST API, for Octokit's `baseUrl`. */
  readonly apiUrl: string
  /** `GHE_HOST` for Probot; `GHE_PROTOCOL` is `http`. */
  readonly host: string
  readonly setWebhookUrl: (url: string | undefined) => void
  readonly createRepository: (given: NewRepository) => Promise<RepositoryStory>
  readonly faults: Pick<Faults, 'request' | 'webhook' | 'clear'>
  /** Every request that was answered or cut, oldest first. */
  readonly requests: readonly RecordedRequest[]
  /** What GitHub's schemas didn't allow; a test asserts that it is empty. */
  readonly violations: readonly Violation[]
  /** Whether violations are looked for. */
  readonly validates: boolean
  /** Every attempt to deliver a webhook, oldest first. */
  readonly deliveries: readonly Readonly<HookDelivery>[]
  /** Sends a delivery again with its GUID. Throws when there is none of this id. */
  readonly redeliver: (id: number) => void
  /** Resolves with what `probe` finds, asked after each change; throws after `timeoutMs` (30,000). */
  readonly waitFor: <T>(
    probe: () => T | undefined | null | false,
    options?: { readonly timeoutMs?: number; readonly what?: string },
  ) => Promise<T>
  /** Resolves when every webhook was answered. */
  readonly idle: () => Promise<void>
  readonly close: () => Promise<void>
}

/** A key pair, id and secret for an App that lives only here. */
export function makeAppCredentials(): {
  readonly appId: number
  readonly privateKeyPem: string
  readonly webhookSecret: string
} {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  return { appId: 4711, privateKeyPem: privateKey, webhookSecret: randomBytes(24).toString('hex') }
}

async function createWorld(options: EmulatorOptions): Promise<World> {
  const slug = options.slug ?? 'drydock'
  const base = { accounts: new Map(), nextId: 1000 } as Pick<World, 'accounts' | 'nextId'>
  const world = base as World
  const owner = account(world, 'drydock-app', 'Organization')
  const bot = account(world, `${slug}[bot]`, 'Bot')
  return Object.assign(world, {
    url: '',
    folder: options.folder,
    app: {
      id: options.appId,
      slug,
      owner,
      bot,
      key: createPublicKey(options.appKeyPem),
      permissions: options.permissions ?? PERMISSIONS,
      events: options.events ?? EVENTS,
      createdAt: timestamp(),
    },
    webhookUrl: options.webhookUrl,
    webhookSecret: options.webhookSecret,
    repositories: new Map(),
    installations: [],
    teams: new Map(),
    tokens: new Map(),
    deliveries: [],
    requests: [],
    violations: [],
    faults: createFaults(),
    validator: options.validate === false ? undefined : await openValidator(),
    emitter: new EventEmitter().setMaxListeners(0),
    outbox: Promise.resolve(),
  } satisfies Omit<World, 'accounts' | 'nextId'>)
}

/** Starts an emulator of GitHub. Its state is in memory, its Git repositories are below `folder`. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  await mkdir(options.folder, { recursive: true })
  const world = await createWorld(options)
  const server = createServer(createListener(world))
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const host = `127.0.0.1:${port}`
  world.url = `http://${host}`
  return {
    url: world.url,
    apiUrl: `${world.url}/api/v3`,
    host,
    setWebhookUrl: (url) => {
      world.webhookUrl = url
    },
    createRepository: (given) => createRepository(world, given),
    faults: world.faults,
    requests: world.requests,
    violations: world.violations,
    validates: world.validator !== undefined,
    deliveries: world.deliveries,
    redeliver: (id) => {
      const delivery = world.deliveries.find((each) => each.id === id)
      if (!delivery) throw new Error(`There is no delivery ${id}.`)
      redeliver(world, delivery)
    },
    waitFor: (probe, wait) => waitFor(world.emitter, probe, wait),
    idle: () => idle(world),
    close: async () => {
      world.webhookUrl = undefined
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
