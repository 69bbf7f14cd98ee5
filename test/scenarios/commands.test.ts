import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { RepositoryStory } from '../../src/entry/demo/github/story-types.ts'
import { appFiles, configuration } from '../support/app-files.ts'
import { fresh, type Harbour, openHarbour } from '../support/harbour.ts'
import { type Live, openLive } from '../support/live.ts'

let harbour: Harbour
let live: Live
let repository: RepositoryStory
const [shop, blog] = [fresh('shop'), fresh('blog')]

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`
const file = (name: string) => `shop/${name}.yaml`
const isThere = async (name: string) =>
  (await live.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: shop, name })) !== undefined

beforeAll(async () => {
  harbour = await openHarbour()
  live = await openLive(harbour.kubeconfig)
  const apps = configuration({
    [shop]: { path: 'shop', namespace: shop, more: '    sync: { maxPrune: 1 }\n' },
    [blog]: { path: 'blog', namespace: blog, more: '    sync: { auto: false, prune: confirm }\n' },
  })
  const config = `${apps}commands: { approve: ["@acme/platform"], lock: write }\n`
  const files = { '.github/drydock.yaml': config, ...appFiles('blog', blog), ...appFiles('shop', shop) }
  repository = await harbour.emulator.createRepository({ owner: 'acme', name: fresh('gitops'), files })
  for (const [user, role] of [
    ['alice', 'write'],
    ['carol', 'write'],
    ['bob', 'maintain'],
    ['eve', 'read'],
  ] as const) {
    repository.setPermission(user, role)
  }
  repository.addToTeam('platform', 'paula')
  repository.addToTeam('platform', 'alice')
  repository.setPermission('paula', 'read')
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const number = await open({
    ...Object.fromEntries(names.map((name) => [file(name), configMap(name)])),
  })
  await repository.mergePullRequest(number, { by: 'bob' })
  await harbour.synced(repository, number)
})
afterAll(async () => {
  for (const namespace of [shop, blog]) await live.remove(`/api/v1/namespaces/${namespace}`)
  await live.close()
  await harbour.close()
})
afterEach(() => {
  vi.useRealTimers()
  harbour.emulator.faults.clear()
  expect(harbour.emulator.violations).toEqual([])
})

/** Opens a pull request of alice's and waits for its plan. */
async function open(files: Readonly<Record<string, string | null>>, head = fresh('branch')): Promise<number> {
  const number = await repository.openPullRequest({ head, title: 'A change', author: 'alice', files })
  await harbour.planned(repository, number)
  return number
}

const gone = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [file(name), null]))

const repliesTo = (number: number, id: number) =>
  repository.comments(number).filter((each) => each.viaApp && each.body.startsWith(`<!-- drydock:reply:${id} -->`))

/** Gives a command and returns its final answer. */
async function ask(number: number, user: string, command: string): Promise<string> {
  const id = await repository.comment(number, user, command)
  const answer = await harbour.emulator.waitFor(
    () =>
      repliesTo(number, id)
        .find((each) => !each.body.includes('⏳'))
        ?.body.split('\n')
        .slice(1)
        .join('\n'),
    { what: `the answer to ${command}`, timeoutMs: 60_000 },
  )
  expect(repliesTo(number, id)).toHaveLength(1)
  const asked = repository.comments(number).find((each) => each.id === id)
  expect(asked?.reactions.map(({ content }) => content)).toEqual(['eyes'])
  return answer
}

/** The sticky comment, once it says this. */
const says = (number: number, text: RegExp) =>
  harbour.emulator.waitFor(
    () => repository.comments(number).find((each) => each.viaApp && text.test(each.body))?.body,
    { what: `a comment of #${number} with ${text}`, timeoutMs: 90_000 },
  )

const conclusion = (number: number) =>
  repository
    .checkRuns(repository.pullRequest(number).headSha)
    .filter((run) => run.name === 'drydock')
    .at(-1)?.conclusion

describe('/approve', () => {
  test('accepts what the plan shows; a push with a new risk asks again, for that one only', async () => {
    const number = await open(gone('a', 'b'), 'approved')
    expect(conclusion(number)).toBe('action_required')
    const answer = await ask(number, 'paula', `/approve ${shop}`)
    expect(answer).toContain('Accepted 1 risk. The plan is made again')
    await says(number, /### ✅ 2 to delete · 1 risk accepted/)
    expect(await harbour.planned(repository, number)).toBe('success')
    expect(await says(number, /will be deleted/)).toContain('accepted by @\u200bpaula')
    await repository.commit('approved', gone('c'), 'One more', 'alice')
    const text = await says(number, /### ⚠️ 3 to delete/)
    expect(text).toContain('needs approval')
    expect(text).toContain(`\`\`\`\n/approve ${shop}\n\`\`\``)
  })

  test('is not obeyed for a head that the shown plan is not of', async () => {
    const number = await open(gone('a', 'b'), 'ahead')
    harbour.emulator.faults.webhook({ kind: 'drop', event: 'pull_request', times: 1 })
    await repository.commit('ahead', gone('c'), 'Unseen', 'alice')
    expect(await ask(number, 'paula', '/approve')).toMatch(
      /^The plan that is shown is of `\w{7}`, but the head is `\w{7}`/,
    )
  })

  test('that was written before a push counts for nothing that the push brought', async () => {
    const number = await open(gone('a', 'b'), 'late')
    harbour.emulator.faults.webhook({ kind: 'drop', event: 'issue_comment', times: 1 })
    const id = await repository.comment(number, 'paula', '/approve')
    await harbour.emulator.idle()
    // GitHub's times are whole seconds.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_000, shouldAdvanceTime: true })
    await repository.commit('late', gone('c'), 'One more', 'alice')
    await says(number, /### ⚠️ 3 to delete/)
    const lost = harbour.emulator.deliveries.findLast(
      ({ event, action }) => event === 'issue_comment' && action === 'created',
    )
    harbour.emulator.redeliver(lost?.id ?? 0)
    const reply = await harbour.emulator.waitFor(() => repliesTo(number, id)[0]?.body, { what: 'the answer' })
    vi.useRealTimers()
    expect(reply).toContain('The plan changed after you wrote this. Read it, then `/approve` again.')
    expect(await harbour.planned(repository, number)).toBe('action_required')
  })

  test('is not for its author, nor for who is in no team that the configuration names', async () => {
    const number = await open(gone('a', 'b'))
    expect(await ask(number, 'alice', '/approve')).toContain('You opened this pull request: somebody else has to')
    expect(await ask(number, 'bob', '/approve')).toContain(
      'the configuration of this repository gives it to `@acme/platform`',
    )
    expect(await ask(number, 'paula', '/approve nobody')).toContain('This pull request has no app `nobody`')
    expect(conclusion(number)).toBe('action_required')
  })

  test('releases a merge that is held for its risks', async () => {
    const number = await open(gone('d', 'e'))
    await repository.mergePullRequest(number, { by: 'bob' })
    const held = await harbour.synced(repository, number)
    expect(held).toContain('### ⏸ Held: 1 of 1 app needs a person')
    expect(held).toContain(`\`\`\`\n/approve ${shop}\n\`\`\``)
    expect(await isThere('d')).toBe(true)
    const answer = await ask(number, 'paula', '/approve')
    expect(answer).toContain('Accepted 1 risk.')
    expect(answer).toContain('is synced again')
    await says(number, /### ✅ Synced 1 app/)
    expect(await isThere('d')).toBe(false)
    expect(await ask(number, 'paula', '/approve')).toContain('There is no risk to accept')
  })
})

describe('/lock and /unlock', () => {
  test('a locked app is not synced until it is let go, by who holds it or who may', async () => {
    const first = await open(gone('f'))
    expect(await ask(first, 'alice', `/lock ${shop} "an incident @acme/all" --keep`)).toContain(
      `\`${shop}\` is locked: an incident @\u200bacme/all.`,
    )
    expect(await ask(first, 'bob', `/lock ${shop}`)).toMatch(
      /is locked by alice \(#\u200b\d+\) since .*: an incident @\u200bacme\/all\. You are next\./,
    )
    expect(await ask(first, 'carol', '/status')).toMatch(
      /locked by alice on #\u200b\d+, just now: an incident @\u200bacme\/all; 1 waits: bob \(#\u200b\d+\)/,
    )
    expect(await ask(first, 'bob', `/unlock ${shop}`)).toContain(`You no longer wait for \`${shop}\`.`)
    await repository.mergePullRequest(first, { by: 'bob' })
    const held = await harbour.synced(repository, first)
    expect(held).toContain('is locked by alice')
    expect(held).toContain(`/unlock ${shop}`)
    expect(await isThere('f')).toBe(true)
    await harbour.stop()
    await harbour.start()
    expect(await ask(first, 'carol', '/unlock')).toContain(`\`${shop}\` is held by \`alice\``)
    expect(await ask(first, 'bob', '/unlock')).toContain(`\`${shop}\` is unlocked.`)
    await says(first, /### ✅ Synced 1 app/)
    expect(await isThere('f')).toBe(false)
    expect(await ask(first, 'alice', `/unlock ${shop}`)).toContain('is neither locked nor pinned')
  })
})

test('a lock passes on to who waited for it, who is told once, over a restart too', async () => {
  const [first, second] = [
    await open({ 'blog/one.yaml': configMap('one') }),
    await open({ 'blog/two.yaml': configMap('two') }),
  ]
  await ask(first, 'alice', `/lock ${blog} "one first"`)
  expect(await ask(second, 'carol', `/lock ${blog} "then two"`)).toMatch(
    /is locked by alice .*: one first\. You are next\./,
  )
  expect(await ask(second, 'carol', `/lock ${blog} "then two, please"`)).toContain('You are next.')
  const told = () => repository.comments(second).filter((each) => each.body.includes('is locked for you now'))
  await harbour.stop()
  await harbour.start()
  // Word of the comment may be lost on its way: it is found again.
  harbour.emulator.faults.request({ kind: 'lost-reply', method: 'POST', path: /\/comments$/, times: 1 })
  await repository.closePullRequest(first, 'alice')
  await says(second, /is locked for you now/)
  expect(told().map(({ body }) => body.split('\n')[1])).toEqual([
    `@carol: \`${blog}\` is locked for you now: the lock of alice is over, and you were next. \`/unlock ${blog}\` lets it go, and so does the end of this pull request.`,
  ])
  expect(await ask(second, 'alice', `/unlock ${blog}`)).toContain('is held by `carol`')
  await harbour.stop()
  await harbour.start()
  expect(await ask(second, 'carol', '/status')).toMatch(/locked by carol on #\u200b\d+, just now: then two, please \|/)
  expect(await ask(second, 'carol', `/unlock ${blog}`)).toContain('is unlocked.')
  expect(told()).toHaveLength(1)
})

test('a command that GitHub keeps from being done says so, and is done once it can be', async () => {
  const number = await open({ [file('i')]: configMap('i') })
  const { faults } = harbour.emulator
  faults.request({ kind: 'server-error', path: /\/pulls\//, times: Number.POSITIVE_INFINITY })
  const id = await repository.comment(number, 'eve', '/status')
  const said = () => repliesTo(number, id)[0]?.body
  const notYet = await harbour.emulator.waitFor(() => said()?.includes('could not be done yet') && said(), {
    what: 'that it waits',
    timeoutMs: 60_000,
  })
  expect(notYet).toMatch(/⏳ This could not be done yet\. .*show pull request/)
  faults.clear()
  await harbour.emulator.waitFor(() => said()?.includes('As Drydock remembers it'), {
    what: 'the answer',
    timeoutMs: 60_000,
  })
  expect(repliesTo(number, id)).toHaveLength(1)
}, 120_000)

test('a lock ends with a merge that affects no app', async () => {
  const number = await open({ 'README.md': '# Hello\n' })
  await ask(number, 'alice', `/lock ${shop}`)
  await repository.mergePullRequest(number, { by: 'bob' })
  await harbour.emulator.idle()
  const next = await open({ [file('h')]: configMap('h') })
  await repository.mergePullRequest(next, { by: 'bob' })
  await says(next, /### ✅ Synced 1 app/)
})

test('a lock goes with the pull request that it was said on, unless it is kept', async () => {
  const number = await open({ [file('g')]: `${configMap('g')}data: { x: y }\n` })
  await ask(number, 'alice', `/lock ${shop} "a test"`)
  await repository.closePullRequest(number, 'alice')
  // The reply of a command may be lost on its way: it is found again.
  harbour.emulator.faults.request({ kind: 'lost-reply', method: 'POST', path: /\/comments$/, times: 1 })
  const next = await open({ [file('g')]: `${configMap('g')}data: { x: z }\n` })
  await repository.mergePullRequest(next, { by: 'bob' })
  await says(next, /### ✅ Synced 1 app/)
  expect(await ask(next, 'eve', '/status')).toMatch(
    new RegExp(`\`${shop}\` → .* succeeded at .* of #\u200b${next}, just now \\| – \\|`),
  )
})

describe('/sync', () => {
  test('syncs a merge that waits for a person, and confirms what is to be deleted only by /approve', async () => {
    const extra = 'blog/extra.yaml'
    const number = await open({ [extra]: configMap('extra') })
    expect(await ask(number, 'alice', '/sync')).toContain('This pull request is open')
    await repository.mergePullRequest(number, { by: 'bob' })
    expect(await harbour.synced(repository, number)).toContain('`sync.auto` is false')
    expect(await ask(number, 'eve', '/sync')).toContain('it needs more than `read` permission')
    expect(await ask(number, 'carol', `/sync ${blog}`)).toMatch(new RegExp(`^✅ \`${blog}\` at \`\\w{7}\` is synced`))
    await says(number, /### ✅ Synced 1 app/)

    const next = await open({ [extra]: null })
    expect(await says(next, /\[!IMPORTANT\]/)).toContain('**1 deletion waits for `/approve`.** The rest is synced')
    await repository.mergePullRequest(next, { by: 'bob' })
    await harbour.synced(repository, next)
    await ask(next, 'carol', '/sync')
    const done = await says(next, /### ✅ Synced 1 app/)
    expect(done).toMatch(/- \*\*kept\*\* ConfigMap `[^`]*extra`: /)
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', namespace: blog, name: 'extra' }
    expect(await live.get(reference)).toBeDefined()
    expect(await ask(next, 'paula', '/approve')).toContain('Accepted 1 risk.')
    await says(next, /\*\*deleted\*\* ConfigMap/)
    expect(await live.get(reference)).toBeUndefined()
  })
})
