import type { HistoryDiffDocument, HistoryDocument, SyncDocument } from '../../core/history/documents.ts'
import { stringifyJson } from '../../core/model/json.ts'
import type { Json, JsonObject } from '../../core/model/object.ts'
import { historyDiffText } from '../../core/report/history-diff-text.ts'
import { type HistoryTextOptions, historyText } from '../../core/report/history-text.ts'
import { pastSyncText } from '../../core/report/past-sync-text.ts'
import type { AskAdmin } from '../../flows/operate/admin.ts'
import { type Actions, exit, type HistoryOptions } from './program.ts'
import type { Terminal } from './terminal.ts'

/** The commands that show what was synced before. What they print holds no secret value. */
export function historyCommands(ask: AskAdmin, terminal: Terminal): Pick<Actions, 'history' | 'historyDiff'> {
  const print = (answer: Json, output: HistoryOptions['output'], text: (look: HistoryTextOptions) => string) => {
    const look = { color: terminal.color, width: terminal.width, now: new Date().toISOString() }
    terminal.out(output === 'json' ? `${stringifyJson(answer, 2)}\n` : text(look))
  }
  const named = (app: string, { repository }: HistoryOptions): JsonObject => ({
    app,
    ...(repository === undefined ? {} : { repository }),
  })
  return {
    history: async (app, sync, options) => {
      if (sync !== undefined) {
        const answer = await ask('history-sync', { ...named(app, options), sync })
        print(answer, options.output, (look) => pastSyncText(answer as unknown as SyncDocument, look))
        return exit.ok
      }
      const answer = await ask('history', { ...named(app, options), limit: options.number })
      print(answer, options.output, (look) => historyText(answer as unknown as HistoryDocument, look))
      return exit.ok
    },
    historyDiff: async (app, from, to, options) => {
      const answer = await ask('history-diff', { ...named(app, options), from, to })
      const diff = answer as unknown as HistoryDiffDocument
      print(answer, options.output, (look) => historyDiffText(diff, look))
      return diff.changes.length > 0 ? exit.changes : exit.ok
    },
  }
}
