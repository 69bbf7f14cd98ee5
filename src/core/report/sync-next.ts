import type { HeldBy, SyncOutcome } from '../model/outcome.ts'
import { paragraph, type Section } from './compose.ts'
import { code, fenced, text } from './escape.ts'
import { moment } from './time.ts'
import { short, toCopy } from './words.ts'

/** What holds a sync, and when it goes ahead, without markup; empty where its problems say it already. */
export function heldWords({ state, heldBy, problems }: SyncOutcome): string {
  if (state !== 'held' || !heldBy || problems.length > 0) return ''
  const until = heldBy.until === undefined ? '' : ` until ${moment(heldBy.until)}`
  return `${holdWords(heldBy)}${until}`
}

function holdWords({ kind, app }: HeldBy): string {
  if (kind === 'risk') return 'waits for somebody to accept its risks'
  if (kind === 'manual') return 'waits for `/sync`'
  if (kind === 'window') return 'waits for its window'
  if (kind === 'freeze') return 'frozen'
  if (kind === 'lock') return 'locked'
  if (kind === 'pin') return 'pinned to an older revision'
  if (kind === 'dependency') return app === undefined ? 'waits for another app' : `waits for app ${app}`
  return 'waits until store and cluster agree'
}

/** Does this hold end without a person? */
export function endsByItself({ state, heldBy }: SyncOutcome): boolean {
  return state === 'held' && (heldBy?.kind === 'window' || heldBy?.kind === 'dependency')
}

/** What became of the rollback of a failed sync, a sentence each, without markup. */
export function rollbackLines({ app, state, rolledBack }: SyncOutcome): readonly string[] {
  if (state !== 'failed' || !rolledBack) return []
  const { to, notes } = rolledBack
  const goOn = `The app is pinned: merge the revert, or merge a fix and comment \`${toCopy('sync', [app])}\` there.`
  const result = {
    succeeded: [`Rolled back to ${short(to)}, which is healthy. ${goOn}`],
    failed: [`The rollback to ${short(to)} failed too: what is live now is a mixture of both revisions. ${goOn}`],
    held: [`The rollback to ${short(to)} is held: what was applied stays as it is. ${goOn}`],
  }[rolledBack.state]
  return [...result, ...notes]
}

/** Who takes an app back to which revision, and what holds it then, as Markdown. */
export function takenBackLines({ state, revision, takenBack }: SyncOutcome): readonly string[] {
  if (!takenBack) return []
  const { by, reason } = takenBack
  const who = `\`/rollback\` to ${code(short(revision))} by ${text(by, 100)}`
  const done = state === 'succeeded' ? ' It is held there until Git says the same, a fix is synced, or `/unlock`.' : ''
  return [`${asSentence(reason === undefined ? who : `${who}: ${text(reason, 300)}`)}${done}`]
}

function asSentence(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`
}

/** Everything else is synced; a person has to confirm a deletion. */
function hasWaitingDeletion({ state, objects }: SyncOutcome): boolean {
  return (
    state === 'succeeded' && objects.some((each) => each.result === 'kept' && /`\/approve`/.test(each.message ?? ''))
  )
}

type Advice = {
  readonly words: string
  readonly command: 'approve' | 'sync' | 'unlock'
  readonly apps: readonly string[]
}

/** The commands by which held and failed apps go on, each to copy. */
export function nextSteps(outcomes: readonly SyncOutcome[]): readonly Section[] {
  const heldBy = (kind: HeldBy['kind']) =>
    namesOf(outcomes, (each) => each.state === 'held' && each.heldBy?.kind === kind)
  const failed = namesOf(outcomes, (each) => each.state === 'failed' && each.rolledBack === undefined)
  const back = namesOf(
    outcomes,
    (each) =>
      (each.state === 'failed' && each.rolledBack?.state === 'succeeded') ||
      (each.state === 'succeeded' && each.takenBack !== undefined),
  )
  const all: readonly Advice[] = [
    { words: 'To accept the risks, comment:', command: 'approve', apps: heldBy('risk') },
    { words: 'To delete what waits, comment:', command: 'approve', apps: namesOf(outcomes, hasWaitingDeletion) },
    { words: 'To sync now, comment:', command: 'sync', apps: heldBy('manual') },
    { words: 'To let go of what is locked, comment:', command: 'unlock', apps: heldBy('lock') },
    {
      words: 'To end the hold without a revert or a fix, comment:',
      command: 'unlock',
      apps: [...heldBy('pin'), ...back],
    },
    {
      words: 'Push a fix, which is synced at its merge. To try the same commit again, comment:',
      command: 'sync',
      apps: failed,
    },
  ]
  return all
    .filter(({ apps }) => apps.length > 0)
    .map(({ words, command, apps }) => paragraph(`**Next:** ${text(words)}\n\n${fenced(toCopy(command, apps), '')}`))
}

function namesOf(outcomes: readonly SyncOutcome[], is: (outcome: SyncOutcome) => boolean): readonly string[] {
  return outcomes.filter(is).map((outcome) => outcome.app)
}

/**
 * The person to call when a sync failed, as a mention that is one. Nothing but a login of GitHub's own form becomes one:
 * letters, digits and single dashes, behind an underscore the short code of an enterprise. Bots aren't called.
 */
export function mentionOf(login: string): string | undefined {
  const isLogin = /^[a-z\d](?:[a-z\d]|-(?=[a-z\d])){0,38}(?:_[a-z\d]{1,16})?$/i.test(login)
  return isLogin && !['ghost', 'unknown'].includes(login.toLowerCase()) ? `@${login}` : undefined
}
