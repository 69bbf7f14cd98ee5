import { at, type Json, textAt } from '../../core/model/object.ts'
import type { RepositoryName } from '../../flows/ports.ts'
import type { Job } from '../../flows/records.ts'
import { branchOf, commitAt, idAt, type PayloadRepository, pullRequestsOf, repositoryOf } from './payload.ts'

/** What a webhook means for Drydock. */
export type Meaning =
  | {
      /** What happened, the same for two hooks that tell of the same thing. */
      readonly meaning: string
      readonly jobs: readonly Job[]
      /** The payload names a commit and no pull request: plan those that were planned at this head. */
      readonly atHead?: { readonly repository: RepositoryName; readonly head: string; readonly plan: PlanOf }
    }
  /** Nothing to do, and why. `malformed`: the payload lacks what GitHub always sends. */
  | { readonly ignored: string; readonly malformed: boolean }

/** Makes the plan job of a pull request. */
type PlanOf = (number: number) => Job

/** What of a delivery isn't in its payload. */
export type DeliveryFacts = { readonly deliveryId: string; readonly appId: number }

type Read = (payload: Json, repository: PayloadRepository, facts: DeliveryFacts) => Meaning

const ignored = (why: string): Meaning => ({ ignored: why, malformed: false })
const malformed = (why: string): Meaning => ({ ignored: why, malformed: true })

/** Turns an event into jobs. Pure, and total: a payload that makes no sense is ignored with the reason. */
export function jobsOf(event: string, payload: Json, facts: DeliveryFacts): Meaning {
  const read = events.get(event)
  if (!read) return ignored('this event is not used')
  const repository = repositoryOf(payload)
  return typeof repository === 'string' ? malformed(repository) : read(payload, repository, facts)
}

const planOf =
  ({ address }: PayloadRepository, reason: Extract<Job, { kind: 'plan' }>['reason']): PlanOf =>
  (number) => ({ kind: 'plan', repository: address, number, reason })

const pullRequest: Read = (payload, repository) => {
  const action = textAt(payload, 'action') ?? ''
  const number = idAt(payload, 'pull_request', 'number')
  const head = commitAt(payload, 'pull_request', 'head', 'sha')
  const base = commitAt(payload, 'pull_request', 'base', 'sha')
  const branch = branchOf(`refs/heads/${textAt(payload, 'pull_request', 'base', 'ref') ?? ''}`)
  if (number === undefined || !head || !base || !branch) return malformed('the payload names no pull request')
  const updated = textAt(payload, 'pull_request', 'updated_at') ?? ''
  const meaning = ['pull_request', repository.id, number, action, head, base, updated].join(':')
  switch (action) {
    case 'opened':
    case 'reopened':
    case 'ready_for_review':
      return { meaning, jobs: [planOf(repository, 'opened')(number)] }
    case 'synchronize':
      return { meaning, jobs: [planOf(repository, 'pushed')(number)] }
    case 'edited':
      if (at(payload, 'changes', 'base') === undefined) return ignored('the base branch is the same')
      return { meaning, jobs: [planOf(repository, 'base-changed')(number)] }
    case 'closed': {
      const closed: Job = { kind: 'closed', repository: repository.address, number }
      if (at(payload, 'pull_request', 'merged') !== true) return { meaning, jobs: [closed] }
      // Only used before the first push was seen: what this branch was at then is not known yet.
      const push: Job = { kind: 'push', repository: repository.address, branch, before: base }
      return { meaning, jobs: [push, closed] }
    }
    default:
      return ignored('this action is not used')
  }
}

const push: Read = (payload, repository) => {
  const ref = textAt(payload, 'ref')
  if (!ref) return malformed('the payload names no ref')
  const branch = branchOf(ref)
  if (!branch) return ignored('not a branch')
  if (branch.startsWith('gh-readonly-queue/')) return ignored('a branch of the merge queue')
  const after = commitAt(payload, 'after')
  if (at(payload, 'deleted') === true) return ignored('the branch was deleted')
  if (!after) return malformed('the payload names no commit')
  const before = commitAt(payload, 'before')
  const pusher = textAt(payload, 'sender', 'login') ?? textAt(payload, 'pusher', 'name')
  const job: Job = {
    kind: 'push',
    repository: repository.address,
    branch,
    ...(before ? { before } : {}),
    ...(pusher ? { pusher } : {}),
  }
  // A branch may be pushed back to where it was: only both ends say what happened.
  const moved: Job = { kind: 'base-moved', repository: repository.address, branch }
  return { meaning: ['push', repository.id, ref, before ?? '', after].join(':'), jobs: [job, moved] }
}

const issueComment: Read = (payload, repository) => {
  // An edit is never obeyed: anyone with write access may edit the comment of somebody else.
  if (textAt(payload, 'action') !== 'created') return ignored('only new comments are read')
  const number = idAt(payload, 'issue', 'number')
  const commentId = idAt(payload, 'comment', 'id')
  const body = at(payload, 'comment', 'body')
  if (number === undefined || commentId === undefined || typeof body !== 'string')
    return malformed('the payload names no comment')
  if (!at(payload, 'issue', 'pull_request')) return ignored('not on a pull request')
  // Which of these are commands is for the grammar to say; all others aren't worth a job.
  if (!/^\s*\//.test(body)) return ignored('not a command')
  if (textAt(payload, 'sender', 'type') !== 'User') return ignored('not by a person')
  if (at(payload, 'comment', 'performed_via_github_app')) return ignored('written by an App')
  return {
    meaning: ['issue_comment', repository.id, commentId].join(':'),
    jobs: [{ kind: 'command', repository: repository.address, number, commentId }],
  }
}

/** `check_run` and `check_suite` alike: somebody pressed "Re-run". GitHub tells only the App that made the check. */
const rerequested =
  (thing: 'check_run' | 'check_suite'): Read =>
  (payload, repository, { deliveryId, appId }) => {
    if (textAt(payload, 'action') !== 'rerequested') return ignored('this action is not used')
    const head = commitAt(payload, thing, 'head_sha')
    if (!head) return malformed('the payload names no commit')
    if (idAt(payload, thing, 'app', 'id') !== appId) return ignored('a check of another App')
    const plan = planOf(repository, 'rerequested')
    const jobs = pullRequestsOf(at(payload, thing, 'pull_requests'), repository.id).map(plan)
    const meaning = [thing, repository.id, 'rerequested', deliveryId].join(':')
    // GitHub lists no pull requests for a commit of a fork.
    return jobs.length > 0
      ? { meaning, jobs }
      : { meaning, jobs, atHead: { repository: repository.address, head, plan } }
  }

const mergeGroup: Read = (payload, repository) => {
  if (textAt(payload, 'action') !== 'checks_requested') return ignored('this action is not used')
  const head = commitAt(payload, 'merge_group', 'head_sha')
  const base = commitAt(payload, 'merge_group', 'base_sha')
  const baseRef = branchOf(textAt(payload, 'merge_group', 'base_ref'))
  if (!head || !base || !baseRef) return malformed('the payload names no merge group')
  return {
    meaning: ['merge_group', repository.id, head].join(':'),
    jobs: [{ kind: 'merge-group', repository: repository.address, head, base, baseRef }],
  }
}

const events: ReadonlyMap<string, Read> = new Map([
  ['pull_request', pullRequest],
  ['push', push],
  ['issue_comment', issueComment],
  ['check_run', rerequested('check_run')],
  ['check_suite', rerequested('check_suite')],
  ['merge_group', mergeGroup],
])

/** Events that Drydock acts on; app.yml subscribes to exactly these. */
export const usedEvents: readonly string[] = [...events.keys()]
