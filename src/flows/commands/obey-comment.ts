import type { Command } from '../../core/commands/command.ts'
import { parseComment } from '../../core/commands/parse.ts'
import { selectApps } from '../../core/commands/select-apps.ts'
import { isAtLeast } from '../../core/commands/who-may.ts'
import { problemsOf } from '../../core/model/errors.ts'
import { problemText } from '../../core/report/answers.ts'
import { code } from '../../core/report/escape.ts'
import type { Forge, IssueComment, Permission, PullRequest } from '../ports.ts'
import { orderRollback } from '../rollback/order-rollback.ts'
import type { ServerWorld } from '../server-world.ts'
import { mergedSyncs } from '../sync/syncs-of.ts'
import { approveRisks } from './approve.ts'
import { inTime } from './in-time.ts'
import { lockApps } from './lock-app.ts'
import { mayFor } from './may-for.ts'
import { type CommandJob, judgeCommand, type Order, ownApps, readRules, sawShown } from './order.ts'
import { orderSync } from './order-sync.ts'
import { replier } from './reply.ts'
import { sayHelp } from './say-help.ts'
import { sayStatus } from './say-status.ts'
import { unlockApps } from './unlock-app.ts'

/** Commands that change nothing: they work also while the target branch's configuration can't be read. */
const harmless: readonly Command['name'][] = ['plan', 'status', 'help']

/**
 * Reads a new comment again and obeys it. Edited and e-mailed comments, bots and text that is no command get nothing; a
 * refusal gets one reason; each command gets `eyes` at once and one answer, found again after a lost reply by its marker.
 * Safe to do twice.
 */
export async function obeyComment(world: ServerWorld, job: CommandJob): Promise<void> {
  const forge = await world.forges.open(job.repository, job.repository.installationId)
  const comment = await forge.comment(job.commentId)
  if (!comment || comment.edited || comment.emailed || comment.bot) return
  const command = parseComment(comment.body)
  if (command.kind === 'ignore') return
  const permission = await forge.permission({ login: comment.author, id: comment.authorId })
  // Unknown people get neither a reaction nor an answer.
  if (!isAtLeast(permission, 'read')) return
  await forge.react(comment.id, 'eyes')
  const say = replier(forge, job)
  if (command.kind === 'reply') return say(command.text)
  try {
    await obey(world, forge, job, comment, command, permission, say)
  } catch (thrown) {
    await sayNotYet(world, job, say, thrown)
    throw thrown
  }
}

/** Whoever waits for an answer is told that there may be none; what was begun has an answer of its own. */
async function sayNotYet(world: ServerWorld, job: CommandJob, say: Order['say'], thrown: unknown): Promise<void> {
  try {
    const syncs = await world.store.syncsOf(job.repository, job.number)
    if (syncs.some(({ rollback, preview }) => (rollback ?? preview)?.commentId === job.commentId)) return
    const why = problemsOf(thrown).map(problemText).join(' ')
    await say(
      `⏳ This could not be done yet. ${why} It is tried again for half a minute; after that, say it once more.`,
    )
  } catch (err) {
    world.log.warn('a command got no answer', { number: job.number, err })
  }
}

async function obey(
  world: ServerWorld,
  forge: Forge,
  job: CommandJob,
  comment: IssueComment,
  command: Command,
  permission: Permission,
  say: Order['say'],
): Promise<void> {
  const pull = await pullRequestOf(world, forge, job, command)
  // Read first: what is shown while the rest is looked up is not what the author of the command has seen.
  const shown = await world.store.latestPlan(job.repository, job.number)
  const branch = await syncedBranch(forge, pull, command)
  const trusted = await readRules(world, forge, job, branch, command.name === 'rollback')
  if (trusted.problem && !harmless.includes(command.name)) {
    return say(
      `Who may do this is said by the configuration of ${code(branch, 200)}, which can't be read now. ${problemText(trusted.problem)}`,
    )
  }
  if (pull.baseRef !== branch && !harmless.includes(command.name)) {
    return say(
      `Only ${code(branch, 200)} is synced: on a pull request into ${code(pull.baseRef, 200)} there are only ${harmless.map((name) => `\`/${name}\``).join(', ')}.`,
    )
  }
  const somebody = { login: comment.author, permission }
  const { person, verdict } = await judgeCommand(forge, command.name, trusted, somebody)
  if ('refused' in verdict) return say(verdict.refused)
  if (pull.fork && !['help', 'status'].includes(command.name) && !isAtLeast(permission, 'write')) {
    return say('This pull request comes from a fork: only somebody with `write` permission may have it planned.')
  }
  const order: Order = {
    world,
    forge,
    job,
    comment,
    pull,
    shown,
    person,
    allowedBy: verdict.allowedBy,
    rights: new Map(),
    trusted,
    say,
  }
  const text = await carryOut(order, command)
  if (text !== undefined) await say(text)
}

/** On the way back that of its pull request will do: what isn't synced has no syncs to take back. */
async function syncedBranch(forge: Forge, pull: PullRequest, command: Command): Promise<string> {
  if (command.name !== 'rollback') return forge.defaultBranch()
  return inTime(forge.defaultBranch()).catch(() => pull.baseRef)
}

/** The way back must not wait for what GitHub would say of the pull request, where its syncs say enough. */
async function pullRequestOf(
  world: ServerWorld,
  forge: Forge,
  job: CommandJob,
  command: Command,
): Promise<PullRequest> {
  const sync = command.name === 'rollback' ? (await mergedSyncs(world, job.repository, job.number)).at(0) : undefined
  if (!sync) return forge.pullRequest(job.number)
  try {
    return await inTime(forge.pullRequest(job.number))
  } catch (thrown) {
    world.log.warn('a pull request could not be read; its syncs tell that it is merged', {
      number: job.number,
      err: thrown,
    })
    const { revision, branch } = sync
    const known = { number: job.number, head: revision, base: revision, baseRef: branch }
    return { ...known, title: '', author: '', state: 'closed', merged: true, fork: false, draft: false }
  }
}

/** Does what a command asks for; returns the answer, if one is still to be given. */
async function carryOut(order: Order, command: Command): Promise<string | undefined> {
  switch (command.name) {
    case 'help':
      return sayHelp(order)
    case 'status':
      return sayStatus(order)
    case 'plan':
      return planAgain(order, command.apps)
    case 'sync':
      return orderSync(order, command.apps)
    case 'rollback':
      return orderRollback(order, command)
    case 'approve':
      return approveRisks(order, command.apps)
    case 'lock':
      return lockApps(order, command)
    case 'unlock':
      return unlockApps(order, command.apps)
  }
}

/** How it ended is told by the plan's own job, once the comment shows it. */
async function planAgain(order: Order, words: readonly string[]): Promise<string | undefined> {
  const { world, job, pull, comment } = order
  if (pull.state !== 'open') return 'This pull request is closed: there is nothing to plan.'
  const selected = words.length > 0 ? selectApps(words, await ownApps(order)) : []
  if ('kind' in selected) return selected.text
  const planned = order.shown?.plan?.apps.map(({ name }) => name) ?? []
  const may = await mayFor(order, 'plan', words.length > 0 ? selected : planned)
  if ('refused' in may) return may.refused
  // What a stranger pushes after the comment was written has been read by nobody.
  if (pull.fork && (order.shown?.head !== pull.head || !(await sawShown(order)))) {
    return 'This pull request comes from a fork and has a newer head than you were shown. Read it, then `/plan`.'
  }
  await order.say(`⏳ Planning ${code(pull.head.slice(0, 7))} again.`)
  const command = { commentId: comment.id, user: comment.author, apps: words, head: pull.head, answers: true }
  await world.store.enqueue([
    { kind: 'plan', repository: job.repository, number: job.number, reason: 'command', command },
  ])
  return undefined
}
