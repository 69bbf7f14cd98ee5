import { helpText, mayUse } from '../core/commands/help-text.ts'
import { parseComment } from '../core/commands/parse.ts'
import { selectApps } from '../core/commands/select-apps.ts'
import type { Forge, Job, PullRequest } from './ports.ts'
import { readTrustedApps } from './read-config.ts'
import type { ServerWorld } from './server-world.ts'

/**
 * Reads a new comment again and obeys it. Edited comments, bots and text that is no command get nothing; a refusal gets
 * one reason; each command gets `eyes` at once and one answer, found again after a lost reply by its marker.
 */
export async function obeyComment(world: ServerWorld, job: Extract<Job, { kind: 'command' }>): Promise<void> {
  const forge = await world.forges.open(job.repository, job.repository.installationId)
  const comment = await forge.comment(job.commentId)
  if (!comment || comment.edited || comment.bot) return
  const parsed = parseComment(comment.body)
  if (parsed.kind === 'ignore') return
  const permission = await forge.permission(comment.author)
  // Unknown people get neither a reaction nor an answer.
  if (!mayUse('help', permission)) return
  await forge.react(comment.id, 'eyes')
  const answer = (text: string) => reply(forge, job, text)
  if (parsed.kind === 'reply') return answer(parsed.text)
  const pull = await forge.pullRequest(job.number)
  if (parsed.name === 'help') return answer(helpText({ apps: await appsOf(world, forge, job, pull), may: permission }))
  if (!mayUse(parsed.name, permission))
    return answer(
      `\`/${parsed.name}\` is not for you here: it needs more than \`${permission}\` permission on this repository.`,
    )
  if (pull.fork && !['write', 'maintain', 'admin'].includes(permission)) {
    return answer('This pull request comes from a fork: only somebody with `write` permission may have it planned.')
  }
  if (pull.state !== 'open') return answer('This pull request is closed: there is nothing to plan.')
  if (parsed.apps.length > 0) {
    const selected = selectApps(parsed.apps, await appsOf(world, forge, job, pull))
    if ('kind' in selected) return answer(selected.text)
  }
  // What a stranger pushes after the comment was written has been read by nobody.
  if (pull.fork && (await world.store.latestPlan(job.repository, job.number))?.head !== pull.head) {
    return answer(
      'This pull request comes from a fork and has a newer head than you were shown. Read it, then `/plan`.',
    )
  }
  const command = { commentId: comment.id, user: comment.author, apps: parsed.apps, head: pull.head }
  await world.store.enqueue([
    { kind: 'plan', repository: job.repository, number: job.number, reason: 'command', command },
  ])
}

/** Names of the apps of the pull request, newest plan first, else of the configuration. */
async function appsOf(
  world: ServerWorld,
  forge: Forge,
  job: Extract<Job, { kind: 'command' }>,
  pull: PullRequest,
): Promise<readonly string[]> {
  const shown = (await world.store.latestPlan(job.repository, job.number))?.plan?.apps.map((app) => app.name) ?? []
  if (shown.length > 0) return shown
  const repository = await world.git.open(job.repository, job.repository.installationId)
  const base = (await forge.branchHead(pull.baseRef)) ?? pull.base
  await repository.fetch([base])
  return (await readTrustedApps(repository, base, base)).apps.map((app) => app.name)
}

async function reply(forge: Forge, job: Extract<Job, { kind: 'command' }>, text: string): Promise<void> {
  const marker = `drydock:reply:${job.commentId}`
  const body = `<!-- ${marker} -->\n${text}`
  const found = await forge.findComment(job.number, marker)
  if (found === undefined) await forge.createComment(job.number, body)
  else await forge.updateComment(found, body)
}
