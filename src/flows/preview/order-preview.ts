import { selectApps } from '../../core/commands/select-apps.ts'
import type { App } from '../../core/model/app.ts'
import { problemsOf } from '../../core/model/errors.ts'
import { answerLines, problemText } from '../../core/report/answers.ts'
import { code } from '../../core/report/escape.ts'
import { mayFor } from '../commands/may-for.ts'
import { auditOrder, bareName, type Order, orderedId, ruleFor, sawShown } from '../commands/order.ts'
import { saysOf } from '../holds/pins.ts'
import type { GitRepository } from '../ports.ts'
import type { SyncRecord } from '../records.ts'
import { readConfig } from '../render/read-config.ts'

/**
 * Applies the head of an open pull request for apps whose target branch allows it (`preview: true`): all of them or none.
 * They are pinned to it until the pull request is closed. What is returned is the final answer; without one, the syncs that
 * this queued give it when they end (see answer-preview.ts). Safe to do twice.
 */
export async function orderPreview(given: Order, words: readonly string[]): Promise<string | undefined> {
  const { pull, shown, trusted } = given
  const names = shown?.plan?.apps.map(({ name }) => name) ?? []
  if (shown?.state !== 'done' || shown.head !== pull.head || !(await sawShown(given))) {
    return 'There is no plan of this head that you have seen. Read the plan, then `/sync` again.'
  }
  const allowed = trusted.apps.filter((app) => app.preview && names.includes(app.name))
  const selected = selectApps(words, words.length > 0 ? names : allowed.map(({ name }) => name))
  if ('kind' in selected) return selected.text
  const apps = selected.flatMap((name) => allowed.find((app) => app.name === name) ?? [])
  const others = selected.filter((name) => !apps.some((app) => app.name === name))
  if (apps.length === 0 || others.length > 0) {
    const which = others.length > 0 ? others.map((name) => code(name, 100)).join(', ') : 'its apps'
    return `This pull request is open, and ${code(pull.baseRef, 200)} has no \`preview: true\` for ${which}: merge it, and it is synced.`
  }
  const may = await mayFor(given, 'sync', selected)
  if ('refused' in may) return may.refused
  const { order } = may
  const refused = (await Promise.all(apps.map((app) => notNow(order, app)))).flat()
  if (refused.length > 0) return answerLines([...refused, 'Nothing was applied.'])
  await begin(order, apps)
  return undefined
}

/** Why the head of this app can't be applied now. */
async function notNow(order: Order, app: App): Promise<readonly string[]> {
  const { world, job, pull, shown } = order
  const name = code(app.name, 100)
  const planned = shown?.plan?.apps.find((each) => each.name === app.name)
  if (!planned || planned.errors.length > 0) return [`${name} has errors in its plan.`]
  if (planned.policies.some(({ severity }) => severity === 'deny')) return [`Policy forbids ${name}.`]
  const state = await world.store.appState({
    repository: bareName(job.repository),
    app: app.name,
    cluster: app.cluster,
  })
  if (state?.pin && !(state.pin.preview && state.pin.number === job.number)) {
    const { by, reason, revision } = state.pin
    return [`${name} is held at ${code(revision.slice(0, 7))} by ${code(by, 100)}: ${code(reason, 200)}.`]
  }
  try {
    const repository = await world.git.open(job.repository, job.repository.installationId)
    const base = (await order.forge.branchHead(pull.baseRef)) ?? pull.base
    await repository.fetch([base, pull.head])
    const merged = await repository.mergeTree(base, pull.head)
    // What is merged already must not be taken away again by a branch that lacks it: neither files nor settings.
    const same =
      'tree' in merged && (await saidBy(repository, merged.tree, app)) === (await saidBy(repository, pull.head, app))
    if (same) return []
    return [
      `${code(pull.baseRef, 200)} has changes of ${name} that this branch lacks: update the branch, read its plan, then \`/sync\`.`,
    ]
  } catch (thrown) {
    return [`${name} can't be previewed. ${problemsOf(thrown).map(problemText).join(' ')}`]
  }
}

/** All that a commit says of an app: how it is rendered, and of what. */
async function saidBy(repository: GitRepository, treeish: string, { name }: App): Promise<string | undefined> {
  const app = (await readConfig(repository, treeish)).apps.find((each) => each.name === name)
  return app && saysOf(repository, treeish, app)
}

async function begin(order: Order, apps: readonly App[]): Promise<void> {
  const { world, job, pull, person } = order
  const names = apps.map(({ name }) => code(name, 100)).join(', ')
  const begun = await Promise.all(apps.map(({ name }) => world.store.sync(orderedId(job, name))))
  // What was begun before a crash may be told of as done by now.
  if (begun.every((each) => each === undefined)) {
    await order.say(`⏳ Applying ${code(pull.head.slice(0, 7))} of this pull request to ${names}.`)
  }
  for (const { name: app, cluster } of apps) {
    const id = orderedId(job, app)
    const known = await world.store.sync(id)
    if (known && known.outcome.state !== 'queued') continue
    const record: SyncRecord = known ?? {
      id,
      repository: bareName(job.repository),
      app,
      cluster,
      branch: pull.baseRef,
      revision: pull.head,
      number: job.number,
      actor: person.login,
      createdAt: world.clock.now().toISOString(),
      outcome: { app, cluster, revision: pull.head, state: 'queued', objects: [], problems: [] },
      preview: { commentId: job.commentId, allowedBy: ruleFor(order, app) },
    }
    if (!known) {
      await world.store.saveSync(record, job.repository)
      await auditOrder(order, { action: 'sync', app, cluster, revision: pull.head, result: 'preview asked for' })
    }
    await world.store.enqueue([{ kind: 'sync', repository: job.repository, syncId: id, cluster, app }])
    world.overtaking.tell(record)
  }
}
