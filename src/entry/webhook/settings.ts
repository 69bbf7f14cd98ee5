import { createPrivateKey } from 'node:crypto'
import { DrydockError } from '../../core/model/errors.ts'

/** The server's settings; their names in the environment are Probot's. */
export type ServerSettings = {
  /** `APP_ID` */
  readonly appId: number | string
  /** `PRIVATE_KEY`: PEM, also with `\n` written out or as base64. */
  readonly privateKey: string
  /** `WEBHOOK_SECRET` */
  readonly secret: string
  /** `HOST`, default `localhost`. */
  readonly host?: string
  /** `PORT`, default 3000; 0 takes a free one. */
  readonly port?: number
  /** `GHE_HOST`: host of a GitHub Enterprise Server. */
  readonly gheHost?: string
  /** `GHE_PROTOCOL`, default `https`. */
  readonly gheProtocol?: string
  /** Base of GitHub's API, before what `gheHost` says. */
  readonly baseUrl?: string
  /** `WEBHOOK_PATH`, default `/api/github/webhooks`. */
  readonly webhookPath?: string
  /** `NODE_ENV=production` */
  readonly production: boolean
}

/** Probot's default secret, which anybody can look up. */
const probotDefault = 'development'
const loopback = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/

/** Settings that can be started with. */
export type CheckedSettings = {
  readonly appId: number
  readonly privateKey: string
  readonly secret: string
  readonly host: string
  readonly port: number
  readonly baseUrl: string
  readonly webhookPath: string
}

/** Checks the settings before anything listens. Throws `usage`, naming the variable; values are never shown. */
export function checkSettings(settings: ServerSettings): CheckedSettings {
  const appId = Number(settings.appId)
  if (!Number.isSafeInteger(appId) || appId <= 0)
    throw usage('APP_ID is not the number of a GitHub App.', 'Copy "App ID" from the settings of the App.')
  const host = settings.host || 'localhost'
  const secret = settings.secret.trim()
  const weak = secret === '' || secret === probotDefault || secret.length < 16
  if (weak && (settings.production || !loopback.test(host)))
    throw usage(
      secret.length > 0 && secret !== probotDefault
        ? 'WEBHOOK_SECRET has fewer than 16 characters.'
        : `WEBHOOK_SECRET is ${secret ? `Probot's default, which everybody knows` : 'empty'}.`,
      'Make one with `openssl rand -hex 32`, and set it both here and in the settings of the App. Only a server that listens on localhost outside production may go without.',
    )
  return {
    appId,
    privateKey: pem(settings.privateKey),
    secret: secret || probotDefault,
    host,
    port: settings.port ?? 3000,
    baseUrl:
      settings.baseUrl ??
      (settings.gheHost ? `${settings.gheProtocol || 'https'}://${settings.gheHost}/api/v3` : 'https://api.github.com'),
    webhookPath: settings.webhookPath || '/api/github/webhooks',
  }
}

function pem(value: string): string {
  const text = value.includes('-----BEGIN') ? value : Buffer.from(value, 'base64').toString()
  const key = text.replaceAll('\\n', '\n').trim()
  try {
    createPrivateKey(key)
  } catch {
    throw usage(
      'PRIVATE_KEY is not a private key in PEM format.',
      'Generate one in the settings of the App, and give the whole file: as it is, with its line ends written as \\n, or as base64.',
    )
  }
  return key
}

const usage = (message: string, hint: string) => new DrydockError('usage', message, { hint })
