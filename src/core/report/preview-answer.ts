import type { SyncOutcome } from '../model/outcome.ts'
import { problemText } from './answers.ts'
import { code } from './escape.ts'
import { duration } from './time.ts'
import { short } from './words.ts'

/** An app that was previewed, or went back to the target branch. */
export type Previewed = { readonly outcome: SyncOutcome; readonly branch: string; readonly ends: boolean }

/** The final answer to a `/sync` before the merge, and what it becomes when the pull request is closed. */
export function previewAnswer(apps: readonly Previewed[]): string {
  return apps.map(lineOf).join('\n')
}

function lineOf({ outcome, branch, ends }: Previewed): string {
  const { app, revision, state, problems, heldBy } = outcome
  const [name, at] = [code(app, 100), code(short(revision))]
  const took = outcome.durationMs === undefined ? '' : ` after ${duration(outcome.durationMs)}`
  const why = problems.map(problemText).join(' ')
  if (state === 'succeeded') {
    return ends
      ? `- ✅ ${name} is back at ${at} of ${code(branch, 200)}: its preview is over.`
      : `- ✅ ${name} is at ${at} of this pull request, healthy${took}, and held there until it is merged or closed.`
  }
  if (state === 'held') {
    const next = heldBy?.kind === 'risk' ? ' `/approve` them, then `/sync` again.' : ''
    return `- ⏸ ${name} was not applied: ${why}${next}`
  }
  if (state === 'superseded') return `- ⏩ ${name} was not applied: ${why}`
  if (ends) return `- ❌ ${name} could not go back to ${code(branch, 200)}: ${why}`
  const live = outcome.objects.length > 0 ? 'What is live now may be a mixture, and is held.' : 'Nothing was changed.'
  return `- ❌ ${name} could not be applied: ${why} ${live}`
}
