import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kubeconfig, randomName, skipped } from '../adapters/kubernetes/control-plane.ts'
import { aCase, type Case } from './case.ts'
import { type Ground, prepareGround } from './ground.ts'
import { templates } from './kinds/all.ts'
import { runCase } from './run-case.ts'
import { smallest } from './smallest.ts'

const numRuns = Number(process.env.DRYDOCK_TEST_CASES ?? 100)
/** The same cases each time, so that a failure belongs to the change that is tested; `random` looks for new ones. */
const seed =
  process.env.DRYDOCK_TEST_SEED === 'random' ? Date.now() % 1_000_000_007 : Number(process.env.DRYDOCK_TEST_SEED ?? 1)
/** Only this one of the seed's cases: what a failure names. */
const only = process.env.DRYDOCK_TEST_CASE
/** Cases that run at a time, each in a namespace of its own. */
const width = 4
/** After so many failures the rest is not worth its time. */
const maxFailures = 5

describe.skipIf(!kubeconfig)(
  `a plan equals what its sync does${skipped}`,
  { timeout: 120_000 + numRuns * 3000 },
  () => {
    let ground: Ground
    beforeAll(async () => {
      ground = await prepareGround(width)
    })
    afterAll(() => ground?.close())

    it('speaks of 25 built-in kinds and 3 of CustomResourceDefinitions at least', () => {
      const kinds = (custom: boolean) =>
        new Set(templates.filter(({ strategic }) => strategic !== custom).map(({ kind }) => kind)).size
      expect([kinds(false), kinds(true)]).toEqual([expect.toSatisfy((count) => count >= 25), 3])
    })

    it(`holds for ${numRuns} cases of seed ${seed}`, async () => {
      const waiting = [...fc.sample(aCase, { seed, numRuns }).entries()].filter(
        ([at]) => only === undefined || at === +only,
      )
      const total = waiting.length
      const counts = { judged: 0, refused: 0 }
      const failures: string[] = []
      await Promise.all(
        ground.lanes.map(async (lane) => {
          const attempt = async (one: Case): Promise<string | undefined> => {
            try {
              counts[await runCase(one, lane, randomName('r').slice(0, 6))] += 1
              return undefined
            } catch (thrown) {
              return thrown instanceof Error ? thrown.message : String(thrown)
            }
          }
          for (let next = waiting.shift(); next && failures.length < maxFailures; next = waiting.shift()) {
            const [at, one] = next
            const wrong = await attempt(one)
            if (wrong === undefined) continue
            const again = `DRYDOCK_TEST_SEED=${seed} DRYDOCK_TEST_CASES=${numRuns} DRYDOCK_TEST_CASE=${at}`
            failures.push(`${again}\n${await smallest(one, wrong, attempt)}`)
          }
        }),
      )
      expect(failures.join('\n\n'), 'cases in which the plan and what happened differ').toBe('')
      // What the server refuses tells little: if much is refused, the generator has gone astray.
      expect(counts.refused).toBeLessThanOrEqual(Math.max(1, total / 5))
      expect(ground.webhook.calls()).toBeGreaterThan(0)
    })
  },
)
