import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json, JsonObject } from '../../../src/core/model/object.ts'
import { jobsOf, usedEvents } from '../../../src/entry/webhook/jobs-of.ts'
import { address, base, check, comment, head, mergeGroup, pullRequest, push, where } from './payloads.ts'

const facts = { deliveryId: 'guid-1', appId: 7 }
const plan = (reason: string) => ({ kind: 'plan', repository: address, number: 12, reason })
const ofPush = (more: object) => ({ kind: 'push', repository: address, ...more })

describe('jobsOf', () => {
  it.each<[string, string, JsonObject, object]>([
    ['opened', 'pull_request', pullRequest('opened'), plan('opened')],
    ['reopened', 'pull_request', pullRequest('reopened'), plan('opened')],
    ['no draft any more', 'pull_request', pullRequest('ready_for_review'), plan('opened')],
    ['pushed to', 'pull_request', pullRequest('synchronize'), plan('pushed')],
    [
      'another base',
      'pull_request',
      pullRequest('edited', {}, { changes: { base: { ref: { from: 'old' } } } }),
      plan('base-changed'),
    ],
    [
      'closed without a merge',
      'pull_request',
      pullRequest('closed', { merged: false }),
      { kind: 'closed', repository: address, number: 12 },
    ],
    [
      'a command',
      'issue_comment',
      comment('/plan'),
      { kind: 'command', repository: address, number: 12, commentId: 99 },
    ],
    ['a re-run of a check', 'check_run', check('check_run', 7), plan('rerequested')],
    ['a re-run of all checks', 'check_suite', check('check_suite', 7), plan('rerequested')],
    [
      'a merge queue',
      'merge_group',
      mergeGroup(),
      { kind: 'merge-group', repository: address, head, base, baseRef: 'main' },
    ],
  ])('%s makes a job', (_name, event, payload, job) => {
    expect(jobsOf(event, payload, facts)).toMatchObject({ jobs: [job] })
  })

  it('a merge is for the branch, and ends what goes with the pull request', () => {
    expect(jobsOf('pull_request', pullRequest('closed', { merged: true }), facts)).toMatchObject({
      jobs: [ofPush({ branch: 'main' }), { kind: 'closed', repository: address, number: 12 }],
    })
  })

  it.each<[string, JsonObject, object]>([
    ['a push', push(), { before: base, pusher: 'ann' }],
    ['a new branch', push({ before: '0'.repeat(40) }), { pusher: 'ann' }],
  ])('%s is for the branch, and for the pull requests into it', (_name, payload, more) => {
    const moved = { kind: 'base-moved', repository: address, branch: 'feature/x' }
    expect(jobsOf('push', payload, facts)).toMatchObject({ jobs: [ofPush({ branch: 'feature/x', ...more }), moved] })
  })

  it.each<[string, string, JsonObject]>([
    ['an edited title', 'pull_request', pullRequest('edited', {}, { changes: { title: { from: 'old' } } })],
    ['a label', 'pull_request', pullRequest('labeled')],
    ['a deleted branch', 'push', push({ deleted: true, after: '0'.repeat(40) })],
    ['a tag', 'push', push({ ref: 'refs/tags/v1' })],
    ['a branch of the merge queue', 'push', push({ ref: 'refs/heads/gh-readonly-queue/main/pr-1' })],
    ['an edited comment', 'issue_comment', { ...comment('/plan'), action: 'edited' }],
    ['talk', 'issue_comment', comment('please /plan')],
    ['a quoted command', 'issue_comment', comment('> /plan')],
    ['a command on an issue', 'issue_comment', comment('/plan', { issue: { number: 12 } })],
    ['a command by a bot', 'issue_comment', comment('/plan', { sender: { login: 'b', type: 'Bot' } })],
    [
      'a command through an App',
      'issue_comment',
      comment('/plan', { comment: { id: 99, body: '/plan', performed_via_github_app: { id: 5 } } }),
    ],
    ['a check of another App', 'check_run', check('check_run', 8)],
    ['a check that was created', 'check_run', { ...check('check_run', 7), action: 'created' }],
    ['a merge group that is gone', 'merge_group', { ...mergeGroup(), action: 'destroyed' }],
    ['an installation', 'installation', { action: 'created', installation: { id: 5 } }],
    ['an event named like a property of objects', 'constructor', where],
  ])('%s makes none, and nobody needs to know', (_name, event, payload) => {
    expect(jobsOf(event, payload, facts)).toMatchObject({ ignored: expect.any(String), malformed: false })
  })

  it.each<[string, string, Json]>([
    ['a hook of the repository, not of the App', 'push', { ...push(), installation: null }],
    ['a list', 'push', []],
    ['nothing', 'pull_request', null],
    ['no pull request', 'pull_request', { ...where, action: 'opened' }],
    ['a commit that is none', 'pull_request', pullRequest('opened', { head: { sha: '--upload-pack=x' } })],
    ['a number that is none', 'pull_request', pullRequest('opened', { number: 1.5 })],
    ['an owner that leads elsewhere', 'push', push({ repository: { id: 1, name: 'r', owner: { login: '..' } } })],
    ['a name with a slash', 'push', push({ repository: { id: 1, name: 'a/b', owner: { login: 'o' } } })],
    ['a branch with a line end', 'pull_request', pullRequest('closed', { base: { sha: base, ref: 'a\nb' } })],
    ['a comment without text', 'issue_comment', comment('/plan', { comment: { id: 99 } })],
    ['a check without a commit', 'check_run', { ...where, action: 'rerequested', check_run: {} }],
    ['a merge group without a base', 'merge_group', { ...where, action: 'checks_requested', merge_group: {} }],
  ])('%s is malformed, said so, and makes no job', (_name, event, payload) => {
    expect(jobsOf(event, payload, facts)).toMatchObject({ ignored: expect.any(String), malformed: true })
  })

  it('takes any JSON for any event', () => {
    fc.assert(
      fc.property(fc.constantFrom(...usedEvents, 'ping'), fc.jsonValue(), (event, payload) => {
        expect(jobsOf(event, payload as Json, facts)).toHaveProperty('ignored')
      }),
    )
  })

  it('takes any JSON in place of any part of a payload', () => {
    const whole = pullRequest('opened')
    const parts = fc.constantFrom(...Object.keys(whole))
    fc.assert(
      fc.property(parts, fc.jsonValue(), (part, value) => {
        const meaning = jobsOf('pull_request', { ...whole, [part]: value as Json }, facts)
        expect('ignored' in meaning || meaning.jobs.length === 1).toBe(true)
      }),
    )
  })
})

describe('meaning', () => {
  const meaningOf = (event: string, payload: Json, deliveryId = 'guid-1') => {
    const meaning = jobsOf(event, payload, { deliveryId, appId: 7 })
    return 'meaning' in meaning ? meaning.meaning : meaning
  }

  it.each<[string, JsonObject]>([
    ['pull_request', pullRequest('opened')],
    ['push', push()],
    ['issue_comment', comment('/plan')],
    ['merge_group', mergeGroup()],
  ])('of %s is the same in two deliveries', (event, payload) => {
    expect(meaningOf(event, payload, 'guid-2')).toBe(meaningOf(event, payload, 'guid-1'))
  })

  it('of a re-run is another each time that somebody presses the button', () => {
    const payload = check('check_run', 7)
    expect(meaningOf('check_run', payload, 'guid-2')).not.toBe(meaningOf('check_run', payload, 'guid-1'))
  })

  it.each<[string, string, JsonObject, JsonObject]>([
    [
      'closed and opened again twice',
      'pull_request',
      pullRequest('reopened'),
      pullRequest('reopened', { updated_at: '2026-01-01T00:00:09Z' }),
    ],
    ['actions', 'pull_request', pullRequest('opened'), pullRequest('synchronize')],
    ['heads', 'pull_request', pullRequest('opened'), pullRequest('opened', { head: { sha: base } })],
    ['commits of a branch', 'push', push(), push({ after: base })],
    ['branches', 'push', push(), push({ ref: 'refs/heads/main' })],
    ['repositories', 'push', push(), push({ repository: { id: 2, name: 'shop', owner: { login: 'acme' } } })],
    ['comments', 'issue_comment', comment('/plan'), comment('/plan', { comment: { id: 100, body: '/plan' } })],
  ])('tells %s apart', (_name, event, one, other) => {
    expect(meaningOf(event, one)).not.toEqual(meaningOf(event, other))
  })
})

describe('a re-run on a commit of a fork, for which GitHub lists no pull request', () => {
  it('asks for those that were planned at this head', () => {
    const meaning = jobsOf('check_run', check('check_run', 7, []), facts)
    expect(meaning).toMatchObject({ jobs: [], atHead: { repository: address, head } })
    expect('atHead' in meaning && meaning.atHead?.plan(12)).toEqual(plan('rerequested'))
  })

  it('leaves out pull requests of other repositories', () => {
    const list = [{ number: 3, base: { repo: { id: 2 } } }, { number: 12, base: { repo: { id: 1 } } }, { number: 12 }]
    expect(jobsOf('check_suite', check('check_suite', 7, list), facts)).toMatchObject({ jobs: [plan('rerequested')] })
  })
})
