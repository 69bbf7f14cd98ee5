import { type ApiServer, startApi } from './api-server.ts'
import { type Story, tell } from './commands.ts'
import { judgeEnd } from './judge-end.ts'
import { judgeSynced } from './judge-state.ts'
import { type Run, startRun } from './run-history.ts'
import { takeStep } from './steps.ts'
import type { Depot } from './store.ts'
import { appIn } from './tree.ts'

/** Runs a history and judges each step of it, and its end. Throws a report of what must not have happened. */
export async function runHistory(
  story: Story,
  depot: Depot,
  { api = startApi(), timeout = '2s' }: { readonly api?: ApiServer; readonly timeout?: string } = {},
): Promise<Run> {
  const run = startRun(story, depot, api, timeout)
  const judged = new WeakSet<object>()
  try {
    run.hook()
    await run.work()
    await judgeAfterStep(run, judged)
    for (const [index, command] of story.commands.entries()) {
      run.log.push(`${index}. ${command.do}`)
      await takeStep(run, command)
      await judgeAfterStep(run, judged)
      if (run.wrong.length > 0) break
    }
    if (run.wrong.length === 0) await judgeEnd(run)
  } catch (thrown) {
    run.wrong.push(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown))
  }
  run.life.kill()
  await depot.lose(run.address)
  if (run.wrong.length === 0) return run
  const what = [...new Set(run.wrong)].join('\n')
  throw new Error(`${what}\n\nin the history\n${tell(story)}\n\nwhat happened:\n${run.log.join('\n')}\n`)
}

/** An app whose newest commit was just synced with success is as Git says. */
async function judgeAfterStep(run: Run, judged: WeakSet<object>): Promise<void> {
  if (run.queue.length > 0) return
  const { id, tree } = run.git.head()
  for (const { name } of tree.apps) {
    const record = run.records.latest(name)
    const app = appIn(tree, name)
    if (!app || record?.outcome.state !== 'succeeded' || record.revision !== id || judged.has(record)) continue
    // A rollback that was asked for before it ran after it.
    if ([run.pins.of('parent', name), run.pins.of('store', name)].some((pin) => pin && pin.revision !== id)) continue
    judged.add(record)
    run.wrong.push(...(await judgeSynced(run, app)))
  }
}
