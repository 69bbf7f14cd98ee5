import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { ProbotOctokit } from 'probot'
import {
  type Emulator,
  type EmulatorOptions,
  makeAppCredentials,
  startEmulator,
} from '../../../../src/entry/demo/github/emulator.ts'

/** RSA keys are slow to make: one for all tests of a file. */
export const credentials = makeAppCredentials()

/** An emulator in a folder of its own; `stop` removes both. */
export async function begin(
  options: Partial<EmulatorOptions> = {},
): Promise<{ github: Emulator; folder: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-github-'))
  const { appId, privateKeyPem, webhookSecret } = credentials
  const github = await startEmulator({ appId, appKeyPem: privateKeyPem, webhookSecret, folder, ...options })
  const stop = async () => {
    await github.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { github, folder, stop }
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** The Octokit of Probot as the App, or as its installation; it retries nothing. */
export function octokit(
  github: Emulator,
  installationId?: number,
  auth: { readonly appId?: number; readonly privateKey?: string } = {},
): InstanceType<typeof ProbotOctokit> {
  const { appId, privateKeyPem: privateKey } = credentials
  return new ProbotOctokit({
    baseUrl: github.apiUrl,
    auth: { appId, privateKey, ...auth, ...(installationId ? { installationId } : {}) },
    throttle: { enabled: false },
    retry: { enabled: false },
    log: silent,
  })
}

/** What a webhook receiver got. */
export type Received = { readonly headers: IncomingHttpHeaders; readonly text: string }

/** A receiver of webhooks that answers 200 to all of them. */
export async function receive(): Promise<{ url: string; got: Received[]; stop: () => Promise<void> }> {
  const got: Received[] = []
  const server = createServer(async (request, response) => {
    got.push({ headers: request.headers, text: (await buffer(request)).toString('utf8') })
    response.end('ok')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got, stop }
}

/** Runs git as a client that sends this token (or none). Returns its output. */
export async function gitWith(token: string | undefined, ...args: readonly string[]): Promise<string> {
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64')
  const header = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  }
  const env = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'true', ...(token ? header : {}) }
  return (await promisify(execFile)('git', [...args], { env })).stdout
}
