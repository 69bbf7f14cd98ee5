import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { listPage, type PageContext, problemPage, pullPage } from './layout.ts'
import { script, style } from './style.ts'
import type { PullSource } from './view.ts'

/** As GitHub: the longest comment, in characters. */
const longestComment = 65_536

const security = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/**
 * The demo's page, where its pull requests can be read and commented on. To be served on this machine only: it answers
 * under `localhost` and loopback addresses, to anybody who can reach it. `base` is the path that it's mounted under.
 */
export function demoPage(source: PullSource, options: { readonly base?: string } = {}): Hono {
  const base = options.base ?? ''
  const token = randomBytes(24).toString('base64url')
  const context = (shown: unknown): PageContext => ({ base, token, version: versionOf(shown) })
  const app = base === '' ? new Hono() : new Hono().basePath(base)

  app.use('*', async (c, next) => {
    // Another site could point a name of its own at this machine and read the page through a visitor's browser.
    if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(c.req.header('host') ?? new URL(c.req.url).host)) {
      return c.text('This page is only served on localhost.', 403)
    }
    for (const [name, value] of Object.entries(security)) c.header(name, value)
    await next()
    return undefined
  })

  app.get('/style.css', (c) => c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }))
  app.get('/page.js', (c) => c.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' }))

  app.get('/', async (c) => {
    const pulls = await source.list()
    return c.html(listPage(context(pulls), pulls))
  })
  app.get('/state', async (c) => c.text(versionOf(await source.list())))

  app.get('/pulls/:number{[0-9]+}', async (c) => {
    const pull = await source.get(Number(c.req.param('number')))
    if (!pull) return c.html(problemPage(context(''), 'Not found', 'The demo has no such pull request.'), 404)
    return c.html(pullPage(context(pull), pull))
  })
  app.get('/pulls/:number{[0-9]+}/state', async (c) => {
    return c.text(versionOf(await source.get(Number(c.req.param('number')))))
  })

  app.post('/pulls/:number{[0-9]+}/comments', bodyLimit({ maxSize: 4 * longestComment }), async (c) => {
    const number = Number(c.req.param('number'))
    const form = await c.req.parseBody()
    const refuse = (title: string, message: string, status: 400 | 403 | 404) =>
      c.html(problemPage(context(''), title, message), status)
    if (!sameToken(form.token, token)) {
      return refuse('Not sent', 'This form is too old, or not from this page. Go back, reload and send it again.', 403)
    }
    if (!(await source.get(number))) return refuse('Not found', 'The demo has no such pull request.', 404)
    const text = typeof form.text === 'string' ? form.text.replaceAll('\r\n', '\n').trim() : ''
    if (text === '') return refuse('Not sent', 'The comment is empty.', 400)
    if (text.length > longestComment) {
      return refuse('Not sent', `The comment is longer than ${longestComment} characters.`, 400)
    }
    await source.comment(number, text)
    return c.redirect(`${base}/pulls/${number}`, 303)
  })

  app.notFound((c) => c.html(problemPage(context(''), 'Not found', 'There is no such page.'), 404))
  app.onError((_error, c) =>
    c.html(problemPage(context(''), 'That did not work', "The demo's GitHub did not answer as it should."), 502),
  )
  return app
}

function versionOf(shown: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(shown) ?? '')
    .digest('base64url')
    .slice(0, 16)
}

function sameToken(given: unknown, wanted: string): boolean {
  const bytes = Buffer.from(typeof given === 'string' ? given : '')
  return bytes.length === wanted.length && timingSafeEqual(bytes, Buffer.from(wanted))
}
