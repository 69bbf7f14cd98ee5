import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { RepositoryStory } from '../../src/entry/demo/github/story-types.ts'
import { appFiles, configuration } from '../support/app-files.ts'
import { fresh, type Harbour, openHarbour, writesSince } from '../support/harbour.ts'
import { openLive } from '../support/live.ts'

let harbour: Harbour
let repository: RepositoryStory
let [one, two] = ['', '']

const configPath = '.github/drydock.yaml'

/** A repository with two apps in it, none of them synced yet. */
async function newRepository(): Promise<RepositoryStory> {
  one = fresh('one')
  two = fresh('two')
  const created = await harbour.emulator.createRepository({
    owner: 'acme',
    name: fresh('shop'),
    files: {
      'README.md': '# Shop\n',
      [configPath]: configuration({
        [one]: { path: 'apps/one', namespace: one },
        [two]: { path: 'apps/two', namespace: two },
      }),
      ...appFiles('apps/one', one),
      ...appFiles('apps/two', two),
    },
  })
  created.setPermission('alice', 'write')
  created.setPermission('bob', 'maintain')
  created.setPermission('eve', 'read')
  return created
}

const open = (files: Readonly<Record<string, string | null>>, head = fresh('branch')) =>
  repository.openPullRequest({ head, title: 'A change', author: 'alice', files })

const comment = (number: number) =>
  repository.comments(number).find((each) => each.viaApp && each.body.includes('drydock:plan:'))?.body ?? ''

const runs = (number: number) => repository.checkRuns(repository.pullRequest(number).headSha)

/** The writes of one plan, whose last is the conclusion of `drydock`: it is recorded when its answer is sent. */
const writesOfPlan = (start: number) =>
  harbour.emulator.waitFor(
    () => {
      const writes = writesSince(harbour.emulator, start)
      return writes.at(-1)?.startsWith('PATCH /repos/{owner}/{repo}/check-runs') && writes
    },
    { what: 'the last write' },
  )

beforeAll(async () => {
  harbour = await openHarbour()
  repository = await newRepository()
})
afterAll(async () => {
  const live = await openLive(harbour.kubeconfig)
  for (const namespace of [one, two]) await live.remove(`/api/v1/namespaces/${namespace}`)
  await live.close()
  await harbour.close()
})
afterEach(() => {
  harbour.emulator.faults.clear()
  expect(harbour.emulator.violations).toEqual([])
})

describe('a pull request', () => {
  test('that touches one app is planned in one comment and two check runs, with few writes', async () => {
    const start = harbour.emulator.requests.length
    const number = await open(appFiles('apps/one', one, { text: 'changed' }))
    expect(await harbour.planned(repository, number)).toBe('success')
    expect(runs(number).map((run) => [run.name, run.conclusion])).toEqual([
      ['drydock', 'success'],
      [`drydock / ${one}`, 'success'],
    ])
    expect(repository.comments(number)).toHaveLength(1)
    expect(comment(number)).toMatch(/3 to create/)
    expect(comment(number)).not.toContain(`${two} →`)
    const writes = await writesOfPlan(start)
    expect(writes[0]).toBe('POST /repos/{owner}/{repo}/check-runs')
    expect(writes.length).toBeLessThanOrEqual(2 + 2)
  })

  test('that touches no app succeeds without a comment', async () => {
    const start = harbour.emulator.requests.length
    const number = await open({ 'README.md': '# The shop\n' })
    expect(await harbour.planned(repository, number)).toBe('success')
    expect(runs(number).map((run) => run.title)).toEqual(['No app is affected'])
    expect(repository.comments(number)).toEqual([])
    expect(await writesOfPlan(start)).toHaveLength(2)
  })

  test('gets new check runs and the same comment for a new push', async () => {
    const number = await open(appFiles('apps/one', one, { image: 'registry.example/web:2.0.0' }), 'pushed')
    await harbour.planned(repository, number)
    const first = repository.pullRequest(number).headSha
    const before = comment(number)
    await repository.commit(
      'pushed',
      appFiles('apps/one', one, { image: 'registry.example/web:3.0.0' }),
      'Newer',
      'alice',
    )
    expect(repository.pullRequest(number).headSha).not.toBe(first)
    await harbour.planned(repository, number)
    expect(repository.comments(number)).toHaveLength(1)
    expect(comment(number)).not.toBe(before)
    expect(repository.checkRuns(first)).toHaveLength(2)
  })

  test('is planned as its merge result: what the base has newer is not taken back', async () => {
    await repository.commit('stale', appFiles('apps/two', two, { text: 'from the branch' }), 'Branch', 'alice')
    await repository.commit('main', appFiles('apps/one', one, { text: 'from main' }), 'Main moves on', 'bob')
    const number = await open({}, 'stale')
    await harbour.planned(repository, number)
    expect(runs(number).map((run) => run.name)).toEqual(['drydock', `drydock / ${two}`])
  })

  test('with conflicts is told so', async () => {
    await repository.commit('conflict', { 'apps/one/settings.yaml': 'one: 1\n' }, 'Branch', 'alice')
    await repository.commit('main', appFiles('apps/one', one, { text: 'elsewhere' }), 'Main', 'bob')
    const number = await open({}, 'conflict')
    expect(await harbour.planned(repository, number)).toBe('failure')
    expect(comment(number)).toContain("can't be merged")
    expect(comment(number)).toContain('apps/one/settings.yaml')
  })

  test('with broken YAML in one app fails at the line, and the other app is still planned', async () => {
    const number = await open({
      'apps/one/settings.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  labels: {\n',
      ...appFiles('apps/two', two, { text: 'fine' }),
    })
    expect(await harbour.planned(repository, number)).toBe('failure')
    expect(Object.fromEntries(runs(number).map((run) => [run.name, run.conclusion]))).toEqual({
      drydock: 'failure',
      [`drydock / ${one}`]: 'failure',
      [`drydock / ${two}`]: 'success',
    })
    const annotations = runs(number).find((run) => run.name === `drydock / ${one}`)?.annotations
    expect(annotations).toMatchObject([{ path: 'apps/one/settings.yaml', annotation_level: 'failure' }])
    expect(comment(number)).toContain('apps/one/settings.yaml:')
  })

  test('with a broken configuration names the line and the nearest key, and is judged by the old one', async () => {
    const text = configuration({ [one]: { path: 'apps/one', namespace: one, more: '    nmespace: x\n' } })
    const number = await open({ [configPath]: text, ...appFiles('apps/two', two, { text: 'other' }) })
    expect(await harbour.planned(repository, number)).toBe('failure')
    expect(comment(number)).toMatch(/drydock\.yaml:6/)
    expect(comment(number)).toContain('namespace')
    expect(runs(number).map((run) => run.name)).toContain(`drydock / ${two}`)
  })

  test('from a fork runs nothing until somebody with write access asks', async () => {
    const fork = await repository.fork('stranger')
    const files = appFiles('apps/one', one, { text: 'from a fork' })
    const number = await repository.openPullRequest({ head: 'theirs', title: 'Mine', author: 'stranger', fork, files })
    expect(await harbour.planned(repository, number)).toBe('failure')
    expect(comment(number)).toContain('comes from a fork')
    await repository.comment(number, 'alice', '/plan')
    await harbour.emulator.waitFor(() => comment(number).includes('asked by'), { what: 'the plan of the fork' })
    expect(await harbour.planned(repository, number)).toBe('success')
  })
})

describe('commands', () => {
  test('/plan plans again with new check runs; /help answers once; edits, bots and strangers get nothing', async () => {
    const number = await open(appFiles('apps/one', one, { text: 'commands' }))
    await harbour.planned(repository, number)
    await repository.comment(number, 'alice', '/plan')
    await harbour.emulator.waitFor(() => runs(number).filter((run) => run.name === 'drydock').length === 2, {
      what: 'a second plan',
    })
    await harbour.planned(repository, number)
    const quiet = await repository.comment(number, 'alice', 'What about `/plan`?')
    await repository.editComment(quiet, '/plan', 'bob')
    await repository.comment(number, 'eve', '/plan')
    await repository.comment(number, 'bob', '/help')
    await harbour.emulator.waitFor(
      () => repository.comments(number).some((each) => each.viaApp && each.body.includes('| Command |')),
      { what: 'help' },
    )
    expect(runs(number).filter((run) => run.name === 'drydock')).toHaveLength(2)
    const asked = repository
      .comments(number)
      .find((each) => each.body === '/plan' && each.author.login === 'alice' && each.id !== quiet)
    expect(asked?.reactions.map((reaction) => reaction.content)).toEqual(['eyes'])
    const answers = repository.comments(number).filter((each) => each.viaApp)
    expect(answers).toHaveLength(4)
    expect(answers.find((each) => each.body.includes(`drydock:reply:${asked?.id}`))?.body).toMatch(
      /^✅ Planned `\w{7}`: 1 to (create|update).* The comment of this pull request shows it\.$/m,
    )
    expect(answers.find((each) => each.body.includes('needs more than'))?.body).toContain('`read`')
  })
})

describe('deliveries', () => {
  test('that come twice, with the same or another id, have one effect', async () => {
    harbour.emulator.faults.webhook({ kind: 'duplicate', event: 'pull_request', times: 1 })
    const first = await open(appFiles('apps/one', one, { text: 'twice' }))
    harbour.emulator.faults.webhook({ kind: 'duplicate-other-guid', event: 'pull_request', times: 1 })
    const second = await open(appFiles('apps/one', one, { text: 'two hooks' }))
    for (const number of [first, second]) {
      await harbour.planned(repository, number)
      await harbour.emulator.idle()
      expect(runs(number)).toHaveLength(2)
      expect(repository.comments(number)).toHaveLength(1)
    }
  })

  test('are answered, and a lost reply of GitHub makes no second comment or check', async () => {
    harbour.emulator.faults.request({ kind: 'lost-reply', method: 'POST', path: /\/comments$/, times: 1 })
    harbour.emulator.faults.request({ kind: 'lost-reply', method: 'POST', path: /\/check-runs$/, times: 1 })
    const number = await open(appFiles('apps/one', one, { text: 'lost' }))
    expect(await harbour.planned(repository, number)).toBe('success')
    expect(repository.comments(number)).toHaveLength(1)
    expect(runs(number)).toHaveLength(2)
  })
})

describe('a merge group', () => {
  test('is judged on its own commit under the same name', async () => {
    const number = await open(appFiles('apps/two', two, { text: 'queued' }))
    await harbour.planned(repository, number)
    const group = await repository.enqueueMergeGroup(number, 'bob')
    const run = await harbour.emulator.waitFor(
      () => repository.checkRuns(group.headSha).find((each) => each.name === 'drydock' && each.status === 'completed'),
      { what: 'the check of the group' },
    )
    expect(run.conclusion).toBe('success')
    expect(run.summary).toContain(two)
  })
})
