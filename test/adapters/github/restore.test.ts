import { describe, expect, it } from 'vitest'
import { github, refusal, sha } from './support.ts'

const marker = '<!-- drydock:restore:7:shop -->'
const ours = { number: 9, user: { login: 'drydock[bot]' }, body: `Why.\n\n${marker}`, state: 'open', merged_at: null }
const wanted = 'drydock/rollback-7-shop'
const blob = 'b'.repeat(40)
const asked = {
  number: 7,
  key: 'shop',
  branch: 'main',
  parent: sha,
  files: [
    { path: 'a/b.yaml', mode: '100644', id: blob },
    { path: 'lib', mode: '160000', id: 'c'.repeat(40) },
    { path: 'a' },
  ],
  title: 'Take back #7',
  body: 'Why.',
}
const tree = 'd'.repeat(40)
const made = 'e'.repeat(40)
const commitOf = (own: string, ...parents: readonly string[]) => ({
  tree: { sha: own },
  parents: parents.map((each) => ({ sha: each })),
})

/** GitHub up to the branch: what it has of ours, and the answers to what makes the commit. */
function start(pulls: readonly object[] = []) {
  const all = github()
  all.tokens()
  all.on('GET /app', 200, { slug: 'drydock' })
  all.on('GET /repos/acme/shop/pulls', 200, [...pulls])
  return all
}

function committing(all: ReturnType<typeof github>) {
  all.on(`GET /repos/acme/shop/git/commits/${sha}`, 200, commitOf('f'.repeat(40), '0'.repeat(40)))
  all.on('POST /repos/acme/shop/git/trees', 201, { sha: tree })
  all.on('POST /repos/acme/shop/git/commits', 201, { sha: made })
}

/** The branch is there already, with this commit. */
function taken(all: ReturnType<typeof github>, branch: string, commit: object) {
  const other = '9'.repeat(40)
  all.on('POST /repos/acme/shop/git/refs', 422, { message: 'Reference already exists' })
  all.on(`GET /repos/acme/shop/git/ref/heads%2F${branch.replaceAll('/', '%2F')}`, 200, { object: { sha: other } })
  all.on(`GET /repos/acme/shop/git/commits/${other}`, 200, commit)
}

const post = (all: ReturnType<typeof github>, path: string) =>
  all.seen.findLast((each) => each.method === 'POST' && each.path === `/repos/acme/shop/${path}`)?.body

describe('the pull request that sets files back', () => {
  it('is one commit on a branch of its own, made with a token that may write for this alone', async () => {
    const all = start()
    committing(all)
    all.on('POST /repos/acme/shop/git/refs', 201, {})
    all.on('POST /repos/acme/shop/pulls', 201, { number: 9 })
    expect(await (await all.open()).openRestore(asked)).toEqual({ number: 9 })
    const token = all.seen.find(({ path }) => path.endsWith('access_tokens'))
    expect(token?.body).toEqual({ repositories: ['shop'], permissions: { contents: 'write', pull_requests: 'write' } })
    expect(post(all, 'git/trees')).toEqual({
      base_tree: 'f'.repeat(40),
      // What goes makes room for what comes.
      tree: [
        { path: 'a', mode: '100644', type: 'blob', sha: null },
        { path: 'a/b.yaml', mode: '100644', type: 'blob', sha: blob },
        { path: 'lib', mode: '160000', type: 'commit', sha: 'c'.repeat(40) },
      ],
    })
    expect(post(all, 'git/commits')).toEqual({ message: 'Take back #7', tree, parents: [sha] })
    expect(post(all, 'git/refs')).toEqual({ ref: `refs/heads/${wanted}`, sha: made })
    const body = `Why.\n\n${marker}`
    expect(post(all, 'pulls')).toEqual({ head: wanted, base: 'main', title: 'Take back #7', body })
  })

  it('is not opened twice', async () => {
    const all = start([ours])
    expect(await (await all.open()).openRestore(asked)).toEqual({ number: 9 })
    expect(all.requests().filter((each) => each.startsWith('POST /repos'))).toEqual([])
  })

  it.each([
    ['of somebody else with our marker', { ...ours, user: { login: 'mallory' } }],
    ['that was refused', { ...ours, state: 'closed' }],
    ['of another key', { ...ours, body: '<!-- drydock:restore:7:shop-2 -->' }],
  ])('is not the one %s', async (_name, other) => {
    const all = start([other])
    committing(all)
    all.on('POST /repos/acme/shop/git/refs', 201, {})
    all.on('POST /repos/acme/shop/pulls', 201, { number: 12 })
    expect(await (await all.open()).openRestore(asked)).toEqual({ number: 12 })
  })

  it('is looked for after a lost answer, before it is opened again', async () => {
    const all = start()
    committing(all)
    all.on('POST /repos/acme/shop/git/refs', 201, {})
    all.on('POST /repos/acme/shop/pulls', 0)
    all.on('GET /repos/acme/shop/pulls', 200, [ours])
    expect(await (await all.open()).openRestore(asked)).toEqual({ number: 9 })
    expect(all.pending()).toEqual([])
  })
})

describe('its branch', () => {
  it('is what a crash left over, if that is the same', async () => {
    const all = start()
    committing(all)
    taken(all, wanted, commitOf(tree, sha))
    all.on('POST /repos/acme/shop/pulls', 201, { number: 9 })
    expect(await (await all.open()).openRestore(asked)).toEqual({ number: 9 })
    expect(post(all, 'pulls')).toMatchObject({ head: wanted })
  })

  it.each([
    ['another tree', commitOf('1'.repeat(40), sha)],
    ['another parent', commitOf(tree, '1'.repeat(40))],
    ['one parent more', commitOf(tree, sha, '1'.repeat(40))],
  ])('has the next name where one of the same name has %s', async (_name, other) => {
    const all = start()
    committing(all)
    taken(all, wanted, other)
    all.on('POST /repos/acme/shop/git/refs', 201, {})
    all.on('POST /repos/acme/shop/pulls', 201, { number: 9 })
    await (await all.open()).openRestore(asked)
    expect(post(all, 'git/refs')).toMatchObject({ ref: `refs/heads/${wanted}-2` })
    expect(post(all, 'pulls')).toMatchObject({ head: `${wanted}-2` })
  })

  it('is given up where ten names are taken, and none of them is overwritten', async () => {
    const all = start()
    committing(all)
    for (let index = 1; index <= 10; index += 1)
      taken(all, index === 1 ? wanted : `${wanted}-${index}`, commitOf('1'.repeat(40), sha))
    const { code, hint } = await refusal((await all.open()).openRestore(asked))
    expect(code).toBe('github-failed')
    expect(hint).toContain('Delete')
    expect(all.requests().filter((each) => each.endsWith('/git/refs'))).toHaveLength(10)
    expect(all.requests().filter((each) => each.startsWith('PATCH'))).toEqual([])
  })
})

describe('what GitHub does not allow', () => {
  it('names the permissions', async () => {
    const all = start()
    committing(all)
    all.on('POST /repos/acme/shop/git/refs', 403, { message: 'Resource not accessible by integration' })
    const { code, hint } = await refusal((await all.open()).openRestore(asked))
    expect(code).toBe('github-failed')
    expect(hint).toContain('contents: write and pull_requests: write')
  })

  const workflow = { ...asked, files: [{ path: '.github/workflows/ci.yaml', mode: '100644', id: blob }] }

  it.each([
    [403, 'Resource not accessible by integration'],
    [404, 'Not Found'],
    [422, 'refusing to allow a GitHub App to create or update workflow `x` without `workflows` permission'],
  ])('names the permission that workflows take (%s)', async (status, message) => {
    const all = start()
    all.on(`GET /repos/acme/shop/git/commits/${sha}`, 200, commitOf('f'.repeat(40)))
    all.on('POST /repos/acme/shop/git/trees', status, { message })
    const { code, hint } = await refusal((await all.open()).openRestore(workflow))
    expect(code).toBe('github-failed')
    expect(hint).toContain('workflows: write')
  })

  it('does not blame the workflows for anything else', async () => {
    const all = start()
    all.on(`GET /repos/acme/shop/git/commits/${sha}`, 200, commitOf('f'.repeat(40)))
    all.on('POST /repos/acme/shop/git/trees', 422, { message: 'GitRPC::BadObjectState' })
    const { message, hint } = await refusal((await all.open()).openRestore(workflow))
    expect(message).toContain('BadObjectState')
    expect(hint).not.toContain('workflows')
  })
})
