import { applySetId, partOfLabel } from '../../../src/core/model/inventory.ts'
import type { SyncRecord } from '../../../src/flows/records.ts'
import { protectionOf } from './judge-request.ts'
import { differs, manifestOf, slots } from './pool.ts'
import type { Run } from './run-history.ts'
import { appIn, contentOf, isComplete } from './tree.ts'

/** What is wrong on the cluster with an app that just went back with success: it is as it was then. */
export async function judgeBack(run: Run, { app: name, revision }: SyncRecord): Promise<readonly string[]> {
  const { tree } = run.git.find(revision)
  const then = appIn(tree, name)
  if (!then || then.condition === 'empty') return then ? [] : [`${name} went back to where it is not configured`]
  if (!isComplete(then)) return [`${name} went back to a render that is not complete`]
  const live = await run.api.all()
  const content = contentOf(then)
  const label = applySetId(run.known.repository, name)
  const missing = [...content].flatMap(([identity, entry]) => {
    // A rollback runs no hooks.
    if (slots[entry.slot]?.hook) return []
    const object = live.get(identity)
    if (!object) return [`${name} went back, but ${identity} is not there`]
    if (object.metadata.labels?.[partOfLabel] !== label) return [`${name} went back, but ${identity} lacks its label`]
    const where = differs(manifestOf(entry), object)
    return where ? [`${name} went back, but ${identity} is not as it was at ${where}`] : []
  })
  const now = run.git.head().tree
  const others = [...tree.apps, ...now.apps].filter((each) => each.name !== name)
  const mayStay = [then, ...now.apps.filter((each) => each.name === name)].some((each) => each.prune !== true)
  const leftovers = [...live].flatMap(([identity, { kind, metadata }]) => {
    if (content.has(identity) || metadata.labels?.[partOfLabel] !== label || mayStay) return []
    if (others.some((each) => contentOf(each).has(identity) || !isComplete(each))) return []
    if (!run.known.ours.has(metadata.uid) || !run.holdings.get(name)?.has(metadata.uid)) return []
    // What would be lost with its data stays, and hooks are never pruned.
    if (slots.some((each) => (each.risky && each.kind === kind) || (each.hook && each.name === metadata.name)))
      return []
    return protectionOf({ kind, metadata } as never) ? [] : [`${name} went back, but ${identity} is left over`]
  })
  return [...missing, ...leftovers]
}

/** What is wrong once nothing is under way: with the answers to commands, with reverts, and with what both sides say of pins. */
export function judgeOrders(run: Run): readonly string[] {
  const bodies = [...run.told.comments.values()].map(({ body }) => body)
  const answers = run.asked.slice(run.unanswered).flatMap(({ id, body }) => {
    const replies = bodies.filter((each) => each.includes(`<!-- drydock:reply:${id} -->`))
    const [reply = ''] = replies
    if (replies.length !== 1) return [`${body} has ${replies.length} answers`]
    return reply.includes('-->\n⏳') ? [`${body} has no final answer: ${reply}`] : []
  })
  const rollbacks = run.records.all().filter((each) => each.rollback)
  const reverts = [...Map.groupBy(rollbacks, (each) => each.number)].flatMap(([number, records]) => {
    const commands = new Set(records.map((each) => each.rollback?.commentId))
    const open = run.opened.filter(
      (each) => each.marker.split(' ')[1] === String(number) && !run.git.merges().has(each.number),
    )
    return open.length > commands.size ? [`${commands.size} rollbacks of #${number} have ${open.length} reverts`] : []
  })
  const pins = [...run.names].flatMap((name) => {
    // What a rollback that failed could not tell the store holds the app all the same.
    const last = rollbacks.findLast((each) => each.app === name)
    if (run.pins.unsure.has(name) || last?.outcome.state === 'failed') return []
    const [one, other] = (['parent', 'store'] as const).map((side) => {
      const pin = run.pins.of(side, name)
      return pin && `${pin.revision.slice(0, 7)} by ${pin.by} until ${pin.revert}`
    })
    return one === other ? [] : [`the parent of ${name} says that it is pinned to ${one}, the store to ${other}`]
  })
  return [...answers, ...reverts, ...pins]
}
