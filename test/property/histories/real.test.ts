import fc from 'fast-check'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { kubeconfig, skipped } from '../../adapters/kubernetes/control-plane.ts'
import { aStory, type Command, type Story } from './commands.ts'
import { runHistory } from './history.ts'
import { slots } from './pool.ts'
import { openRealApi, type RealApi } from './real-api.ts'
import { type Depot, openDepot } from './store.ts'

/** What takes its time there: claims wait for pods, namespaces go slowly; and there is one cluster only. */
const slow = new Set(slots.flatMap(({ risky }, slot) => (risky ? [slot] : [])))

function quick({ apps, start, commands }: Story): Story {
  const fits = (command: Command): boolean =>
    command.do !== 'swap-cluster' && !('slot' in command && slow.has(command.slot)) && !('meanwhile' in command)
  const well = (command: Command): Command => (command.do === 'set' ? { ...command, crash: false } : command)
  return {
    apps,
    start: start.map((owner, slot) => (slow.has(slot) ? 0 : owner)),
    commands: commands.filter(fits).map(well).slice(0, 8),
  }
}

describe.skipIf(!kubeconfig)(`histories on a real control plane${skipped}`, () => {
  let depot: Depot
  let api: RealApi
  beforeAll(async () => {
    depot = await openDepot()
    api = await openRealApi(kubeconfig ?? '')
  })
  afterAll(async () => {
    await depot?.close()
    await api?.close()
  })
  const stories = fc.sample(aStory, { seed: 1, numRuns: 2 }).map(quick)
  for (const [index, story] of stories.entries()) {
    test(`the same holds for history ${index}`, { timeout: 120_000 }, async () => {
      await api.empty()
      await runHistory(story, depot, { api, timeout: '30s' })
    })
  }
})
