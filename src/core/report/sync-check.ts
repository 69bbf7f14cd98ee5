import type { SyncOutcome } from '../model/outcome.ts'
import { MAX_ANNOTATIONS, ofProblem } from './annotations.ts'
import { CHECK_BUDGET, type CheckReport } from './check.ts'
import { compose, paragraph } from './compose.ts'
import { oneLine, text } from './escape.ts'
import { appSection } from './sync-comment.ts'
import { syncHeadline } from './sync-words.ts'

/** The check run of a sync that no pull request can show: a direct push. `origin` says where it came from. */
export function syncCheck(outcome: SyncOutcome, origin: string): CheckReport {
  return {
    title: oneLine(syncHeadline([outcome]).words, 255),
    summary: compose([paragraph(text(origin)), appSection(outcome)], CHECK_BUDGET),
    annotations: outcome.problems.flatMap(ofProblem).slice(0, MAX_ANNOTATIONS),
  }
}
