import { applySetId, partOfLabel } from '../../../src/core/model/inventory.ts'
import type { LiveObject } from '../../../src/core/model/object.ts'
import { protectionOf } from './judge-request.ts'
import { differs, type Entry, manifestOf, slots } from './pool.ts'
import type { Run } from './run-history.ts'
import { contentOf, isComplete, type ModelApp } from './tree.ts'

/** What is wrong on the cluster with an app whose newest commit was synced with success. */
export async function judgeSynced(run: Run, app: ModelApp): Promise<readonly string[]> {
  // Where nothing was ever synced, a folder without manifests is an app without objects.
  if (app.condition === 'empty') return []
  if (!isComplete(app)) return [`${app.name} was synced, but its render is not complete`]
  const live = await run.api.all()
  const content = contentOf(app)
  const label = applySetId(run.known.repository, app.name)
  const missing = [...content].flatMap(([identity, entry]) =>
    wrongObject(run, app, identity, entry, live.get(identity), label),
  )
  const leftovers = [...live].flatMap(([identity, object]) => {
    if (content.has(identity) || object.metadata.labels?.[partOfLabel] !== label) return []
    const excuse = excuseOf(run, app, identity, object)
    return excuse ? [] : [`${app.name}: ${identity} is left over`]
  })
  return [...missing, ...leftovers]
}

function wrongObject(
  run: Run,
  app: ModelApp,
  identity: string,
  entry: Entry,
  live: LiveObject | undefined,
  label: string,
): readonly string[] {
  // What others did is left alone without healing.
  if (run.disturbed.has(identity) && !app.selfHeal) return []
  const hook = slots[entry.slot]?.hook !== undefined
  if (!live) return hook ? [] : [`${app.name}: ${identity} is not there`]
  if (live.metadata.labels?.[partOfLabel] !== label) return [`${app.name}: ${identity} does not carry its label`]
  // A hook stays as it was when there was nothing else to do.
  if (hook) return []
  const where = differs(manifestOf(entry), live)
  return where ? [`${app.name}: ${identity} is not as Git says at ${where}`] : []
}

/** Why an object that the render lacks may stay. */
function excuseOf(run: Run, app: ModelApp, identity: string, live: LiveObject): string | undefined {
  const { uid } = live.metadata
  if (app.prune !== true) return 'prune'
  const { apps } = run.git.head().tree
  if (apps.some((each) => contentOf(each).has(identity))) return 'another app takes it'
  if (apps.some((each) => !isComplete(each))) return 'whether another app has it is not known'
  if (!run.known.ours.has(uid)) return 'it is somebody else’s'
  if (!run.holdings.get(app.name)?.has(uid)) return 'the inventory that had it is lost'
  if (slots.some((each) => each.hook && each.name === live.metadata.name)) return 'hooks are never pruned'
  return protectionOf(live)
}
