import { createHash } from 'node:crypto'
import { touches } from '../../core/manifests/inputs.ts'
import type { App } from '../../core/model/app.ts'
import { problemsOf } from '../../core/model/errors.ts'
import { code, text } from '../../core/report/escape.ts'
import type { RevertNews } from '../../core/report/rollback-answer.ts'
import type { Forge, GitRepository, RestoredFile } from '../ports.ts'
import type { RepositoryAddress, SyncRecord } from '../records.ts'
import { readConfig } from '../render/read-config.ts'
import { inputsOf } from '../render/render-app.ts'
import type { ServerWorld } from '../server-world.ts'
import type { RollbackRecord } from './may-go-back.ts'

/** So many paths are named in a text. */
const mostNamed = 10

/**
 * Opens the pull request that makes Git say what apps went back to, or finds it: GitHub's own revert where just this pull
 * request went back, whole, else one commit that restores what they read. Where another app reads that too, it is
 * said, and nothing is opened: a person has to decide. What can't be made is said, never thrown.
 *
 * @param syncs all syncs of the pull request
 */
export async function openRevert(
  world: ServerWorld,
  forge: Forge,
  { repository, number }: { readonly repository: RepositoryAddress; readonly number: number },
  back: readonly RollbackRecord[],
  syncs: readonly SyncRecord[],
): Promise<RevertNews> {
  const apps = new Set(back.map(({ app }) => app))
  const touched = new Set(syncs.filter((each) => !each.rollback).map(({ app }) => app))
  // Where more went back than this pull request, its revert would not say what is live.
  const isAll = ({ rollback: { named, also } }: RollbackRecord) => !named && also.numbers.length + also.pushes === 0
  const whole = touched.isSubsetOf(apps) && back.every(isAll)
  const title = whole ? `Revert #${number}` : `Take ${[...apps].sort().join(', ')} back to ${destination(back, number)}`
  try {
    const revert = whole
      ? await forge.openRevert({ number, title: title.slice(0, 200), body: bodyOf(back) })
      : undefined
    if (revert && !(await isMerged(forge, revert.number))) return { number: revert.number, notes: [] }
    const git = await world.git.open(repository, repository.installationId)
    const [first] = back
    if (!first) return { notes: [] }
    const { branch } = first
    const parent = await forge.branchHead(branch)
    if (parent === undefined) return { notes: [`${branch} is gone: there is nothing to take back in Git.`] }
    const restored = await restoredBy(git, parent, back)
    if (restored.files.length === 0) return { notes: restored.notes }
    const wish = { number, branch, parent, files: restored.files, title: title.slice(0, 200), body: bodyOf(back) }
    return { number: await openNew(forge, back, wish), notes: restored.notes }
  } catch (thrown) {
    const [why] = problemsOf(thrown)
    world.log.warn('a revert could not be opened', { number, err: thrown })
    const then = why?.hint ? ` ${why.hint}` : ''
    return {
      notes: [
        `The pull request that takes it back in Git could not be opened: ${why?.message ?? 'unknown.'}${then} /rollback again tries once more.`,
      ],
    }
  }
}

function destination(back: readonly RollbackRecord[], number: number): string {
  const named = new Set(back.flatMap(({ rollback, revision }) => (rollback.named ? [revision.slice(0, 7)] : [])))
  return named.size > 0 ? [...named].join(', ') : `before #${number}`
}

/** Opens a restore, or finds the one of before; those that are merged already are passed over. */
async function openNew(
  forge: Forge,
  back: readonly RollbackRecord[],
  wish: Omit<Parameters<Forge['openRestore']>[0], 'key'>,
): Promise<number> {
  const what = back.map(({ app, revision }) => [app, revision]).sort()
  const passed: number[] = []
  for (;;) {
    const hash = createHash('sha256').update(JSON.stringify([...what, ...passed]))
    const { number } = await forge.openRestore({ ...wish, key: hash.digest('hex').slice(0, 12) })
    if (!(await isMerged(forge, number))) return number
    passed.push(number)
  }
}

/** What an earlier rollback opened says nothing of what came after its merge, and would end this hold at once. */
export async function isMerged(forge: Forge, number: number): Promise<boolean> {
  return (await forge.pullRequest(number)).merged
}

function bodyOf(back: readonly RollbackRecord[]): string {
  const lines = back.map(({ app, revision, actor, number, rollback }) => {
    const why = rollback.reason ? `: ${text(rollback.reason, 300)}` : '.'
    return `- ${code(app, 100)} was taken back to ${code(revision.slice(0, 7))} by ${text(actor, 100)} on #${number}${why}`
  })
  return [...lines, '', 'It is live already. Merging this makes Git say the same, and ends the hold.'].join('\n')
}

/** The files that make a branch say what these apps read then, or why they can't be restored. */
async function restoredBy(
  git: GitRepository,
  parent: string,
  back: readonly RollbackRecord[],
): Promise<{ readonly files: readonly RestoredFile[]; readonly notes: readonly string[] }> {
  await git.fetch([parent, ...back.map(({ revision }) => revision)])
  const now = (await readConfig(git, parent)).apps
  const files = new Map<string, RestoredFile>()
  const notes: string[] = []
  const gone = new Set(back.map(({ app }) => app))
  for (const { app: name, revision } of back) {
    const [is, was] = [now, (await readConfig(git, revision)).apps].map((apps) =>
      apps.find((each) => each.name === name),
    )
    if (!is || !was || settingsOf(is) !== settingsOf(was)) {
      return { files: [], notes: [`How ${name} is configured changed as well: revert that and its files by hand.`] }
    }
    const inputs = new Set([...(await inputsOf(git, revision, was)), ...(await inputsOf(git, parent, is))])
    const all = (await git.changedPaths(revision, parent)).filter((path) => touches([...inputs], [path]))
    // Of an app at the root: workflows and the configuration are others' business, too.
    const changed = all.filter((path) => !path.startsWith('.github/'))
    const left = all.filter((path) => !changed.includes(path))
    if (left.length > 0) notes.push(`${named(left)} stays as it is.`)
    const then = await git.blobs(revision, changed)
    for (const path of changed) files.set(path, { path, ...then.get(path) })
  }
  const shared = await readByOthers(
    git,
    parent,
    now.filter(({ name }) => !gone.has(name)),
    [...files.keys()],
  )
  if (shared.size > 0) {
    const what = [...shared].map(([app, paths]) => `${app} reads ${named(paths)}`).join('; ')
    const all = [...gone, ...shared.keys()].sort().join(' ')
    notes.push(
      `No revert was opened, because other apps read what it would restore: ${what}. Take them back too (/rollback ${all}), or change the files by hand: the hold stays until Git says the same.`,
    )
    return { files: [], notes }
  }
  if (files.size === 0) notes.push('Git says the same already: no revert is needed.')
  return { files: [...files.values()], notes }
}

async function readByOthers(
  git: GitRepository,
  parent: string,
  others: readonly App[],
  paths: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>()
  for (const app of others) {
    const inputs = await inputsOf(git, parent, app).catch(() => [app.path])
    const read = paths.filter((path) => touches(inputs, [path]))
    if (read.length > 0) found.set(app.name, read)
  }
  return found
}

function settingsOf({ path, render, helm, namespace }: App): string {
  return JSON.stringify({ path, render, helm, namespace })
}

function named(paths: readonly string[]): string {
  const rest = paths.length > mostNamed ? ` and ${paths.length - mostNamed} more` : ''
  return `${paths.slice(0, mostNamed).join(', ')}${rest}`
}
