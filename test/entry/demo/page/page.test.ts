import { describe, expect, it } from 'vitest'
import { demoPage } from '../../../../src/entry/demo/page/page.ts'
import type { PullView } from '../../../../src/entry/demo/page/view.ts'

const at = '2026-01-02T03:04:05Z'
const pull: PullView = {
  number: 7,
  title: 'Raise <b>replicas</b>',
  author: 'ada',
  state: 'open',
  head: 'raise',
  base: 'main',
  comments: [{ author: 'drydock[bot]', body: '**1 change**', createdAt: at }],
  checks: [
    { name: 'drydock', status: 'completed', conclusion: 'action_required', title: '1 change' },
    { name: 'drydock / shop', status: 'in_progress' },
  ],
}

function setUp(options?: { base: string }) {
  const sent: [number, string][] = []
  let shown = pull
  const source = {
    list: () => [shown],
    get: (number: number) => (number === 7 ? shown : undefined),
    comment: async (number: number, text: string) => {
      if (text === 'fail') throw new Error('a detail of the inside')
      sent.push([number, text])
    },
  }
  const app = demoPage(source, options)
  const base = options?.base ?? ''
  const get = (path: string, init: RequestInit = {}) => app.request(`http://localhost${base}${path}`, init)
  const token = async () => /name="token" value="([^"]+)"/.exec(await (await get('/pulls/7')).text())?.[1] ?? ''
  const post = (fields: Record<string, string>, number = 7) =>
    get(`/pulls/${number}/comments`, { method: 'POST', body: new URLSearchParams(fields) })
  return {
    get,
    post,
    token,
    sent,
    change: () => {
      shown = { ...pull, comments: [...pull.comments, { author: 'ada', body: 'Thanks', createdAt: at }] }
    },
  }
}

describe('demoPage', () => {
  it('lists pull requests with their checks, everything escaped', async () => {
    const text = await (await setUp().get('/')).text()
    expect(text).toContain('Raise &lt;b&gt;replicas&lt;/b&gt;')
    expect(text).toContain('<span class="badge action_required">drydock: action required</span>')
    expect(text).toContain('<span class="badge in_progress">drydock / shop: in progress</span>')
  })

  it('shows a comment as Markdown', async () => {
    const text = await (await setUp().get('/pulls/7')).text()
    expect(text).toContain('<strong>1 change</strong>')
    expect(text).toContain('2026-01-02 03:04:05 UTC')
  })

  it('sends a comment and shows the pull request again', async () => {
    const { post, token, sent } = setUp()
    const answer = await post({ token: await token(), text: ' /plan\r\nplease ' })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe('/pulls/7')
    expect(sent).toEqual([[7, '/plan\nplease']])
  })

  it.each([
    ['without a token', { text: '/plan' }, 403],
    ['with a wrong token', { text: '/plan', token: 'x'.repeat(32) }, 403],
  ])('refuses a comment %s', async (_name, fields, status) => {
    const { post, sent } = setUp()
    expect((await post(fields as Record<string, string>)).status).toBe(status)
    expect(sent).toEqual([])
  })

  it('refuses an empty comment, one that is too long, and one on no pull request', async () => {
    const { post, token, sent } = setUp()
    const good = await token()
    expect((await post({ token: good, text: ' ' })).status).toBe(400)
    expect((await post({ token: good, text: 'x'.repeat(65_537) })).status).toBe(400)
    expect((await post({ token: good, text: 'x' }, 8)).status).toBe(404)
    expect(sent).toEqual([])
  })

  it('says that sending failed, without the inside', async () => {
    const { post, token } = setUp()
    const answer = await post({ token: await token(), text: 'fail' })
    expect(answer.status).toBe(502)
    expect(await answer.text()).not.toContain('inside')
  })

  it('tells a page that is open when the pull request has changed', async () => {
    const { get, change } = setUp()
    const page = await (await get('/pulls/7')).text()
    const shown = /data-version="([^"]+)"/.exec(page)?.[1]
    const path = /data-state="([^"]+)"/.exec(page)?.[1] ?? ''
    expect(await (await get(path)).text()).toBe(shown)
    change()
    expect(await (await get(path)).text()).not.toBe(shown)
  })

  it('works under another path', async () => {
    const { get, post, token } = setUp({ base: '/demo' })
    expect(await (await get('/pulls/7')).text()).toContain('href="/demo/style.css"')
    expect((await get('/style.css')).headers.get('content-type')).toContain('text/css')
    expect((await post({ token: await token(), text: 'x' })).headers.get('location')).toBe('/demo/pulls/7')
  })

  it('answers only under the name of this machine, and lets nothing else in', async () => {
    const { get } = setUp()
    expect((await get('/', { headers: { host: 'evil.example' } })).status).toBe(403)
    const policy = (await get('/')).headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect((await get('/pulls/8')).status).toBe(404)
    expect((await get('/nothing')).status).toBe(404)
  })
})
