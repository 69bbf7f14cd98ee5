import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { checkSettings, type ServerSettings } from '../../../src/entry/webhook/settings.ts'

const privateKey = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
}).privateKey
const good: ServerSettings = { appId: '7', privateKey, secret: 'sixteen letters!', production: true }

describe('checkSettings', () => {
  it('takes a good configuration and says where GitHub is', () => {
    expect(checkSettings(good)).toMatchObject({ appId: 7, baseUrl: 'https://api.github.com', host: 'localhost' })
    expect(checkSettings({ ...good, gheHost: 'ghe.acme.com' }).baseUrl).toBe('https://ghe.acme.com/api/v3')
    expect(checkSettings({ ...good, baseUrl: 'http://localhost:1' }).baseUrl).toBe('http://localhost:1')
  })

  it.each([
    ['development', /default/],
    ['', /empty/],
    ['   ', /empty/],
    ['fifteen letters', /fewer than 16/],
  ])('refuses the secret %j in production, and says what to do', (secret, message) => {
    const check = () => checkSettings({ ...good, secret })
    expect(check).toThrow(message)
    expect(check).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringContaining('openssl rand -hex 32') }),
    )
  })

  it('refuses a weak secret also outside production when others can reach the server', () => {
    const settings = { ...good, secret: 'development', production: false }
    expect(() => checkSettings({ ...settings, host: '0.0.0.0' })).toThrow(/default/)
    expect(checkSettings({ ...settings, host: '127.0.0.1' }).secret).toBe('development')
  })

  it.each([
    ['with line ends written out', privateKey.replaceAll('\n', '\\n')],
    ['as base64', Buffer.from(privateKey).toString('base64')],
  ])('takes a key %s', (_name, key) => {
    expect(checkSettings({ ...good, privateKey: key }).privateKey).toBe(privateKey.trim())
  })

  it('refuses a key that is none without showing it', () => {
    const half = privateKey.slice(0, 200)
    expect(() => checkSettings({ ...good, privateKey: half })).toThrow(
      'PRIVATE_KEY is not a private key in PEM format.',
    )
  })

  it.each(['', 'drydock', '-1', '1.5'])('refuses the app id %j', (appId) => {
    expect(() => checkSettings({ ...good, appId })).toThrow(/APP_ID/)
  })
})
