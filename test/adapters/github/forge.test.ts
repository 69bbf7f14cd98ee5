import { describe, expect, it } from 'vitest'
import { appId, github, lastBody, refusal, sha } from './support.ts'

const pull = (change: object = {}) => ({
  number: 1,
  title: 'a change',
  user: { login: 'ann' },
  state: 'open',
  merged_at: null,
  merge_commit_sha: 'f'.repeat(40),
  head: { sha, ref: 'x', repo: { id: 1 } },
  base: { sha: 'b'.repeat(40), ref: 'main', repo: { id: 1 } },
  draft: false,
  ...change,
})
const ours = { performed_via_github_app: { id: appId } }

describe('pull requests', () => {
  it('are read fresh, and the test merge of an open one is not taken for a merge', async () => {
    const { on, tokens, open, seen } = github()
    tokens()
    on('GET /repos/acme/shop/pulls/1', 200, pull())
    expect(await (await open()).pullRequest(1)).toEqual({
      number: 1,
      title: 'a change',
      author: 'ann',
      state: 'open',
      merged: false,
      head: sha,
      base: 'b'.repeat(40),
      baseRef: 'main',
      fork: false,
      draft: false,
    })
    expect(seen[1]?.headers.get('cache-control')).toBe('no-cache')
  })

  it('tell of the merge and of a fork, also of one that was deleted', async () => {
    const { on, tokens, open } = github()
    tokens()
    const merged = { state: 'closed', merged_at: '2026-01-01T00:00:00Z', user: null }
    on('GET /repos/acme/shop/pulls/1', 200, pull({ ...merged, head: { sha, ref: 'x', repo: null } }))
    expect(await (await open()).pullRequest(1)).toMatchObject({
      state: 'closed',
      merged: true,
      mergeCommit: 'f'.repeat(40),
      fork: true,
      author: 'ghost',
    })
  })

  it('are listed over all pages', async () => {
    const { on, tokens, open } = github()
    tokens()
    const next = 'https://api.github.com/repos/acme/shop/pulls?state=open&per_page=100&page=2'
    on('GET /repos/acme/shop/pulls?state=open&per_page=100', 200, [pull()], { link: `<${next}>; rel="next"` })
    on('GET /repos/acme/shop/pulls?state=open&per_page=100&page=2', 200, [pull({ number: 2 })])
    expect((await (await open()).openPullRequests()).map((each) => each.number)).toEqual([1, 2])
  })

  it('of a commit are those that brought it, not those that happen to contain it', async () => {
    const { on, tokens, open } = github()
    tokens()
    on(`GET /repos/acme/shop/commits/${sha}/pulls?per_page=100`, 200, [
      pull(),
      pull({ number: 2, merged_at: '2026-01-01T00:00:00Z', state: 'closed' }),
    ])
    expect((await (await open()).pullRequestsOf(sha)).map((each) => each.number)).toEqual([2])
  })
})

describe('the repository', () => {
  const user = { login: 'ann', id: 4 }
  const admin = { permission: 'admin', role_name: 'admin' }

  it('has no head for a branch that is not there', async () => {
    const { on, tokens, open } = github()
    tokens()
    on('GET /repos/acme/shop/git/ref/heads%2Ffeature%2Fx', 404, { message: 'Not Found' })
    expect(await (await open()).branchHead('feature/x')).toBeUndefined()
  })

  it.each([
    ['a role of GitHub', 200, { permission: 'write', role_name: 'maintain', user }, 'maintain'],
    ['triage, which counts as read elsewhere', 200, { permission: 'read', role_name: 'triage', user }, 'triage'],
    ['a role of the organisation', 200, { permission: 'write', role_name: 'deployer', user }, 'write'],
    ['nothing known', 200, { permission: 'owner?', role_name: 'x', user }, 'none'],
    ['another account that has the login now', 200, { ...admin, user: { login: 'ann', id: 5 } }, 'none'],
    ['an account that is gone', 200, { ...admin, user: null }, 'none'],
    ['an account that is not named', 200, admin, 'none'],
    ['nobody', 404, { message: 'Not Found' }, 'none'],
  ])('gives the permission of %s', async (_name, status, answer, permission) => {
    const { on, tokens, open } = github()
    tokens()
    on('GET /repos/acme/shop/collaborators/ann/permission', status, answer)
    expect(await (await open()).permission(user)).toBe(permission)
  })

  it('gives no permission when GitHub does not say', async () => {
    const { on, tokens, open } = github()
    tokens()
    on('GET /repos/acme/shop/collaborators/ann/permission', 403, { message: 'Resource not accessible by integration' })
    expect((await refusal((await open()).permission(user))).code).toBe('github-failed')
  })
})

describe('comments', () => {
  const list = 'GET /repos/acme/shop/issues/1/comments?per_page=100'
  const sinceList = /^GET \/repos\/acme\/shop\/issues\/1\/comments\?per_page=100&since=/
  const post = 'POST /repos/acme/shop/issues/1/comments'
  const data = {
    id: 9,
    body: '/plan',
    user: { login: 'ann', id: 4, type: 'User' },
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    performed_via_github_app: null,
  }

  it.each<[string, object, object]>([
    ['a person', {}, { author: 'ann', authorId: 4, bot: false, edited: false, emailed: false }],
    ['a bot', { user: { login: 'b[bot]', id: 5, type: 'Bot' } }, { bot: true }],
    ['an App in the name of a person', { performed_via_github_app: { id: 3 } }, { bot: true }],
    ['somebody who is gone', { user: null }, { bot: true, author: 'ghost' }],
    ['somebody who changed it', { updated_at: '2026-01-01T00:00:09Z' }, { edited: true }],
  ])('by %s', async (_name, change, expected) => {
    const { on, tokens, open } = github()
    tokens()
    on('GET /repos/acme/shop/issues/comments/9', 200, { ...data, ...change })
    expect(await (await open()).comment(9)).toMatchObject({ id: 9, body: '/plan', ...expected })
  })

  it.each([
    ['is a reply by e-mail', '<div class="email-fragment">/plan</div>', true],
    ['is all quotes of a mail', '<div class="email-quoted-reply">/plan</div>', true],
    ['was written on the page', '<p dir="auto">/plan</p>', false],
    ['shows the tag', '<pre>&lt;div class="email-fragment"&gt;/plan&lt;/div&gt;</pre>', false],
    ['shows the tag in a title', '<a title="&lt;div class=&quot;email-fragment&quot;&gt;" href="x">/plan</a>', false],
    ['has no HTML', undefined, false],
  ])('are asked for with their HTML: one that %s', async (_name, body_html, emailed) => {
    const { on, tokens, open, seen } = github()
    tokens()
    on('GET /repos/acme/shop/issues/comments/9', 200, { ...data, ...(body_html ? { body_html } : {}) })
    expect(await (await open()).comment(9)).toMatchObject({ body: '/plan', emailed })
    expect(seen.at(-1)?.headers.get('accept')).toBe('application/vnd.github.full+json')
  })

  it('that are gone are told apart from those that were updated', async () => {
    const { on, tokens, open } = github()
    tokens()
    const forge = await open()
    on('GET /repos/acme/shop/issues/comments/9', 404, {})
    expect(await forge.comment(9)).toBeUndefined()
    on('PATCH /repos/acme/shop/issues/comments/9', 404, {})
    expect(await forge.updateComment(9, 'x')).toBe(false)
    on('PATCH /repos/acme/shop/issues/comments/9', 200, { id: 9 })
    expect(await forge.updateComment(9, 'x')).toBe(true)
    on('POST /repos/acme/shop/issues/comments/9/reactions', 404, {})
    await expect(forge.react(9, 'eyes')).resolves.toBeUndefined()
  })

  it('of ours are found by the App, not by a marker that anybody can write', async () => {
    const { on, tokens, open } = github()
    tokens()
    on(list, 200, [
      { id: 1, body: '<!-- drydock:1 --> forged', performed_via_github_app: null },
      { id: 2, body: '<!-- drydock:1 --> of another App', performed_via_github_app: { id: 8 } },
      { id: 3, body: 'something else of ours', ...ours },
      { id: 4, body: '<!-- drydock:1 --> the one', ...ours },
    ])
    expect(await (await open()).findComment(1, '<!-- drydock:1 -->')).toBe(4)
  })

  it('whose answer was lost are found, not written twice', async () => {
    const { on, tokens, open, requests, pending } = github()
    tokens()
    on(post, 0)
    listSince(on, [
      { id: 1, body: '<!-- drydock:1 --> forged', performed_via_github_app: null },
      { id: 4, body: '<!-- drydock:1 --> plan', ...ours },
    ])
    expect(await (await open()).createComment(1, '<!-- drydock:1 --> plan')).toBe(4)
    expect(requests().filter((each) => each.startsWith('POST /repos'))).toEqual([])
    expect(requests().at(-1)).toMatch(sinceList)
    expect(pending()).toEqual([])
  })

  it('that GitHub did not write are written again after a look', async () => {
    const { on, tokens, open } = github()
    tokens()
    on(post, 502, {})
    listSince(on, [{ id: 4, body: 'another answer', ...ours }])
    on(post, 201, { id: 5 })
    expect(await (await open()).createComment(1, 'an answer')).toBe(5)
  })

  it('are given up after three tries, not written blindly', async () => {
    const { on, tokens, open, requests } = github()
    tokens()
    for (let i = 0; i < 3; i += 1) on(post, 500, {})
    for (let i = 0; i < 2; i += 1) listSince(on, [])
    expect((await refusal((await open()).createComment(1, 'x'))).message).toContain('GitHub answered 500')
    expect(requests().filter((each) => each === post)).toHaveLength(3)
  })

  it('are cut at the limit of GitHub, never in the middle of a character', async () => {
    const { on, tokens, open, seen } = github()
    tokens()
    on(post, 201, { id: 5 })
    await (await open()).createComment(1, `${'x'.repeat(65_534)}😀😀`)
    const { body } = lastBody<{ body: string }>(seen)
    expect(body.length).toBeLessThanOrEqual(65_536)
    expect(body.endsWith('x…')).toBe(true)
    expect(body.isWellFormed()).toBe(true)
  })
})

/** The list of comments since a time that the test doesn't know. */
function listSince(on: ReturnType<typeof github>['on'], answer: readonly object[]) {
  on('GET /repos/acme/shop/issues/1/comments', 200, [...answer])
}

describe('check runs', () => {
  const post = 'POST /repos/acme/shop/check-runs'
  const list = `GET /repos/acme/shop/commits/${sha}/check-runs?check_name=drydock&app_id=7&filter=all&per_page=100`
  const run = (change: object = {}) => ({ id: 3, name: 'drydock', external_id: 'p1', app: { id: appId }, ...change })
  const check = { name: 'drydock', commit: sha, externalId: 'p1' }
  const report = { title: 't', summary: 's', annotations: [] }

  it('begin in progress', async () => {
    const { on, tokens, open, seen } = github()
    tokens()
    on(post, 201, { id: 3 })
    expect(await (await open()).createCheck(check)).toBe(3)
    expect(seen.at(-1)?.body).toMatchObject({
      name: 'drydock',
      head_sha: sha,
      external_id: 'p1',
      status: 'in_progress',
    })
  })

  it('say why while they are in progress', async () => {
    const { on, tokens, open, seen } = github()
    tokens()
    on(post, 201, { id: 3 })
    const running = { title: 'Planning again', summary: 'Something changed.' }
    await (await open()).createCheck({ ...check, running })
    expect(seen.at(-1)?.body).toMatchObject({ status: 'in_progress', output: running })
  })

  it('whose answer was lost are found by their external id', async () => {
    const { on, tokens, open, requests } = github()
    tokens()
    on(post, 0)
    on(list, 200, {
      total_count: 3,
      check_runs: [run({ id: 1, external_id: 'p0' }), run({ id: 2, app: { id: 8 } }), run()],
    })
    expect(await (await open()).createCheck(check)).toBe(3)
    expect(requests().filter((each) => each === post)).toEqual([])
  })

  it('of another App with the same name and id are not ours', async () => {
    const { on, tokens, open } = github()
    tokens()
    on(list, 200, { total_count: 1, check_runs: [run({ app: { id: 8 } })] })
    expect(await (await open()).findCheck(sha, 'drydock', 'p1')).toBeUndefined()
  })

  it('complete with conclusion and annotations', async () => {
    const { on, tokens, open, seen } = github()
    tokens()
    on('PATCH /repos/acme/shop/check-runs/3', 200, { id: 3 })
    const annotation = { path: 'a.yaml', line: 4, level: 'failure', title: 'Broken', message: 'It is broken' } as const
    await (await open()).completeCheck(3, { conclusion: 'failure', report: { ...report, annotations: [annotation] } })
    expect(seen.at(-1)?.body).toMatchObject({
      status: 'completed',
      conclusion: 'failure',
      output: {
        title: 't',
        summary: 's',
        annotations: [
          {
            path: 'a.yaml',
            start_line: 4,
            end_line: 4,
            annotation_level: 'failure',
            title: 'Broken',
            message: 'It is broken',
          },
        ],
      },
    })
  })

  it('that were completed although the answer was lost are not completed again: annotations would double', async () => {
    const { on, tokens, open, pending } = github()
    tokens()
    on('PATCH /repos/acme/shop/check-runs/3', 0)
    on('GET /repos/acme/shop/check-runs/3', 200, run({ status: 'completed', conclusion: 'success' }))
    await (await open()).completeCheck(3, { conclusion: 'success', report })
    expect(pending()).toEqual([])
  })

  it('keep within the limits of GitHub, and say what was left out', async () => {
    const { on, tokens, open, seen } = github()
    tokens()
    on('PATCH /repos/acme/shop/check-runs/3', 200, { id: 3 })
    const annotation = {
      path: 'a',
      line: 1,
      level: 'warning',
      title: 'x'.repeat(300),
      message: 'é'.repeat(40_000),
    } as const
    const annotations = Array.from({ length: 60 }, () => annotation)
    const large = { title: 'x'.repeat(300), summary: 'x'.repeat(70_000), text: 'x'.repeat(70_000), annotations }
    await (await open()).completeCheck(3, { conclusion: 'failure', report: large })
    const { output } = lastBody<{ output: typeof large }>(seen)
    expect(output.title).toHaveLength(255)
    expect(output.summary).toHaveLength(65_535)
    expect(output.summary).toMatch(/10 more findings have no annotation; GitHub takes 50\.$/)
    expect(output.text).toHaveLength(65_535)
    expect(output.annotations).toHaveLength(50)
    expect(output.annotations[0]?.title).toHaveLength(255)
    expect(Buffer.byteLength(output.annotations[0]?.message ?? '')).toBeLessThanOrEqual(65_536)
  })
})

describe('deployments', () => {
  const post = 'POST /repos/acme/shop/deployments'
  const list = `GET /repos/acme/shop/deployments?sha=${sha}&environment=production%2Fshop&per_page=100`
  const deployment = { commit: sha, environment: 'production/shop', description: 'd', payload: { sync: 's1' } }

  it('merge nothing and wait for no check', async () => {
    const { on, tokens, open, seen } = github()
    tokens()
    on(list, 200, [])
    on(post, 201, { id: 6 })
    expect(await (await open()).createDeployment({ ...deployment, description: 'd'.repeat(200) })).toBe(6)
    expect(seen.at(-1)?.body).toMatchObject({
      ref: sha,
      auto_merge: false,
      required_contexts: [],
      payload: { sync: 's1' },
    })
    expect(lastBody<{ description: string }>(seen).description).toHaveLength(140)
  })

  it('of the same sync are made once, also after a crash', async () => {
    const { on, tokens, open } = github()
    tokens()
    on(list, 200, [
      { id: 4, payload: { sync: 's1' }, performed_via_github_app: null },
      { id: 5, payload: { sync: 's0' }, ...ours },
      { id: 6, payload: '{"sync":"s1"}', ...ours },
    ])
    expect(await (await open()).createDeployment(deployment)).toBe(6)
  })

  it('report their state, once', async () => {
    const { on, tokens, open, pending } = github()
    tokens()
    on('POST /repos/acme/shop/deployments/6/statuses', 0)
    on('GET /repos/acme/shop/deployments/6/statuses?per_page=1', 200, [{ id: 1, state: 'success', description: 'ok' }])
    await (await open()).deploymentStatus(6, { state: 'success', description: 'ok' })
    expect(pending()).toEqual([])
  })
})

describe('installed', () => {
  it('lists the repositories of every installation that is not suspended', async () => {
    const { on, tokens, forges, seen } = github()
    on('GET /app/installations?per_page=100', 200, [
      { id: 4, suspended_at: '2026-01-01T00:00:00Z' },
      { id: 5, suspended_at: null },
    ])
    tokens()
    on('GET /installation/repositories?per_page=100', 200, {
      total_count: 1,
      repositories: [{ name: 'shop', owner: { login: 'acme' } }],
    })
    expect(await forges.installed()).toEqual([{ repository: { owner: 'acme', name: 'shop' }, installationId: 5 }])
    expect(seen[1]?.body).toEqual({ permissions: { metadata: 'read' } })
  })

  it('fails rather than listing less when an installation does not answer', async () => {
    const { on, tokens, forges } = github()
    on('GET /app/installations?per_page=100', 200, [{ id: 5, suspended_at: null }])
    tokens()
    for (let i = 0; i < 4; i += 1) on('GET /installation/repositories?per_page=100', 500, {})
    expect((await refusal(forges.installed())).code).toBe('github-failed')
  })
})
