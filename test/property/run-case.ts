import { clusterOn } from '../../src/adapters/kubernetes/cluster.ts'
import type { Connection } from '../../src/adapters/kubernetes/connection.ts'
import { applySetId, parentName } from '../../src/core/model/inventory.ts'
import type { AppPlan } from '../../src/core/model/plan.ts'
import { appOf } from '../core/plan/facts.ts'
import { shopOf } from '../flows/support.ts'
import { type Case, ignored } from './case.ts'
import { kubectlDiff } from './kubectl.ts'
import { type Member, manifestsOf, membersOf } from './members.ts'
import { judgeAttribution } from './oracle/attribution.ts'
import { judgeHealed } from './oracle/healed.ts'
import { judge, judgeKubectl, keyOf } from './oracle/judge.ts'
import { adoptees, bindClaims, interfere, takeSnapshot } from './outside.ts'
import { reportOf } from './report.ts'
import type { Body } from './template.ts'

/** What a case needs of its surroundings. */
export type Lane = { readonly connection: Connection; readonly namespace: string }

const isRefusal = ({ code }: { readonly code: string }) => code === 'cluster-refused'

let runs = 0

/**
 * Runs a case on the cluster: base synced, others interfere, head planned and synced, all of it read before and after.
 * Throws a report of what the plan did not say truly. `refused`: the API server wants none of it, as the plan said.
 */
export async function runCase(one: Case, lane: Lane, prefix: string): Promise<'judged' | 'refused'> {
  const { connection, namespace } = lane
  runs += 1
  const run = `${prefix}${runs}`
  const members = membersOf(one, run, namespace)
  const log: string[] = []
  const repository = `property/${run}`
  const shop = shopFor(one, lane, repository, members, `keep-${run}`)
  const fail = (title: string, wrong: readonly string[], plan?: AppPlan): never => {
    throw new Error(reportOf(title, wrong, members, log, plan))
  }
  const done = new AbortController()
  const binding = bindClaims(connection, members, done.signal)
  try {
    await adoptees(connection, members, log)
    const first = await shop(false).sync('base', { accept: true })
    if (first.state !== 'succeeded') {
      // What somebody made before need not go together with what is applied.
      if (members.some(({ subject }) => subject.adopted) && first.problems.every(isRefusal)) return 'refused'
      const problems = first.problems.map((each) => each.message)
      fail('the first sync failed', problems)
    }
    const start = await takeSnapshot(connection, members)
    for (const mutation of one.mutations) {
      const member = members[mutation.target % members.length]
      if (member) await interfere(connection, member, mutation, log)
    }
    let refused = false
    let from: 'base' | 'head' = 'base'
    for (const heal of one.heal ? [true] : [false, true]) {
      const title = `selfHeal: ${heal}`
      const { plan, sync } = shop(heal)
      const before = await takeSnapshot(connection, members)
      const planned = await plan('head')
      const kubectl = one.kubectl && !one.ignore && planned.errors.length === 0
      const labelled = kubectl ? labelledOf(members, repository) : []
      const asked = kubectl ? await kubectlDiff(labelled) : undefined
      const outcome = await sync('head', { accept: true })
      const after = await takeSnapshot(connection, members)
      if (planned.errors.length > 0) {
        refused = true
        const odd = planned.errors.filter((each) => !isRefusal(each)).map((each) => each.message)
        const wrong = [...odd, ...judge({ ...planned, changes: [], drift: [] }, before, after)]
        if (wrong.length > 0) fail(`${title}: a plan with errors`, wrong, planned)
        continue
      }
      const wrong = [
        ...(outcome.state === 'succeeded' ? [] : [`the sync ${outcome.state}`]),
        ...outcome.problems.map((each) => each.message),
        ...judge(planned, before, after),
        ...judgeAttribution(members, planned, from),
        ...(asked ? judgeKubectl(planned, asked, labelled) : []),
        ...(heal && !one.ignore ? judgeHealed(members, one, start, after, planned.notes ?? []) : []),
      ]
      if (wrong.length > 0) fail(`${title}: the plan was not what happened`, wrong, planned)
      from = 'head'
      const again = await plan('head')
      const open = [...again.changes, ...again.drift.filter((each) => heal || each.onSync === 'restored')]
      const left = [
        ...again.errors.map((each) => each.message),
        ...open.map(
          (each) => `${keyOf(each)}: ${'action' in each ? each.action : 'drift'} ${JSON.stringify(each.fields)}`,
        ),
      ]
      if (left.length > 0) fail(`${title}: something is left to do after the sync`, left, planned)
    }
    return refused ? 'refused' : 'judged'
  } finally {
    done.abort()
    await binding
    const home = `/api/v1/namespaces/drydock/configmaps/${parentName(repository, 'shop')}`
    const keeper = `/api/v1/namespaces/${namespace}/configmaps/keep-${run}`
    const query = { propagationPolicy: 'Background' }
    await Promise.all(
      [...members.map(({ path }) => path), home, keeper].map((path) =>
        connection.send({ method: 'DELETE', path, query }),
      ),
    )
  }
}

/** The app of a case. One object stays in every commit: a render of nothing is refused. */
function shopFor(
  one: Case,
  { connection, namespace }: Lane,
  repository: string,
  members: readonly Member[],
  keep: string,
) {
  const kept = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: keep } }
  const files = (side: 'base' | 'head') => {
    const manifests: readonly Body[] = [kept, ...manifestsOf(members, side)]
    return Object.fromEntries(
      manifests.map((each) => [`apps/shop/${(each.metadata as Body).name}.json`, JSON.stringify(each, null, 1)]),
    )
  }
  const history = { base: files('base'), head: files('head') }
  return (selfHeal: boolean) =>
    shopOf(
      clusterOn('test', connection),
      repository,
      history,
      appOf(
        { namespace, ignore: one.ignore ? ignored : [], managers: one.managers ? ['some-*'] : [] },
        { selfHeal, timeoutMs: 10_000, maxPrune: 100 },
      ),
    )
}

/** What Drydock sends, for kubectl. Without claims: their status changes meanwhile, and kubectl compares that too. */
function labelledOf(members: readonly Member[], repository: string): readonly Body[] {
  const label = { 'applyset.kubernetes.io/part-of': applySetId(repository, 'shop') }
  const asked = members.filter(({ template }) => !template.bound)
  return manifestsOf(asked, 'head').map((manifest) => {
    const metadata = manifest.metadata as Body
    const labels = { ...(metadata.labels as Body | undefined), ...label }
    return { ...manifest, metadata: { ...metadata, labels } }
  })
}
