import type { DemoCluster } from './cluster/demo-cluster.ts'
import type { Emulator } from './github/emulator.ts'
import type { RepositoryStory } from './github/story-types.ts'
import { readable } from './readable.ts'

/** What the story is played with. */
export type Stage = {
  readonly emulator: Emulator
  readonly repository: RepositoryStory
  readonly cluster: Pick<DemoCluster, 'edit'>
  readonly say: (text: string) => void
}

const guestbook = 'apps/guestbook/guestbook.yaml'
const configuration = '.github/drydock.yaml'

/** Ends a wait that would never end: a demo that hangs helps nobody. In ms. */
const patience = 120_000

/**
 * The whole story: a pull request is planned, refused, mended, merged and synced, and drift shows in the next plan.
 * Each step waits for what GitHub shows, as a person would.
 */
export async function playStory(
  stage: Stage,
  files: { readonly all: Readonly<Record<string, string>> },
): Promise<void> {
  const { repository, say } = stage
  const added = Object.fromEntries(Object.entries(files.all).filter(([path]) => isGuestbook(path)))
  chapter(say, '1. A pull request adds an app. Drydock plans it against the cluster.')
  const first = await repository.openPullRequest({
    head: 'add-guestbook',
    title: 'Add the guestbook',
    author: 'alice',
    files: added,
  })
  await planned(stage, first)
  tell(stage, first)

  chapter(say, '2. Merged: Drydock applies it, waits for health, and the comment becomes the log.')
  await repository.mergePullRequest(first, { by: 'bob' })
  await synced(stage, first)
  tell(stage, first)

  chapter(say, '3. A new image, and a misspelt field. The API server is asked, and says no on the pull request.')
  const text = files.all[guestbook] ?? ''
  const newer = text.replace('unprivileged:1.28.0', 'unprivileged:1.29.1')
  const misspelt = newer.replace('  replicas: 2', '  replica: 3')
  const second = await repository.openPullRequest({
    head: 'new-image',
    title: 'Update the image',
    author: 'alice',
    files: { [guestbook]: misspelt },
  })
  await planned(stage, second)
  tell(stage, second)

  chapter(say, '4. Fixed by a push. The same comment shows the new plan.')
  await repository.commit(
    'new-image',
    { [guestbook]: newer.replace('  replicas: 2', '  replicas: 3') },
    'Spell replicas right',
    'alice',
  )
  await planned(stage, second)
  tell(stage, second)

  chapter(say, '5. Merged, and synced.')
  await repository.mergePullRequest(second, { by: 'bob' })
  await synced(stage, second)
  tell(stage, second)

  chapter(say, '6. Somebody edits the cluster by hand. The next plan tells it apart from the change.')
  await stage.cluster.edit(
    { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'guestbook', name: 'guestbook' },
    { spec: { replicas: 1 } },
    'kubectl-edit',
  )
  const page = 'apps/guestbook/pages.yaml'
  const friendlier = (files.all[page] ?? '').replace('Be the first to sign.', 'Everybody may sign.')
  const third = await repository.openPullRequest({
    head: 'friendlier',
    title: 'Say who may sign',
    author: 'carol',
    files: { [page]: friendlier },
  })
  await planned(stage, third)
  tell(stage, third)
}

/** The repository before the story: all but the app that its first pull request adds. */
export function beforeStory(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const config = files[configuration] ?? ''
  const without = config.replace(/\n {2}# Plain YAML[\s\S]*?(?=\n {2}# Helm)/, '')
  return {
    ...Object.fromEntries(Object.entries(files).filter(([path]) => !isGuestbook(path))),
    [configuration]: without,
  }
}

function isGuestbook(path: string): boolean {
  return path.startsWith('apps/guestbook/') || path === configuration
}

function chapter(say: (text: string) => void, title: string): void {
  say(`\n${'─'.repeat(78)}\n${title}\n${'─'.repeat(78)}\n`)
}

/** Waits until the check `drydock` on the newest head is complete. */
async function planned({ emulator, repository }: Stage, number: number): Promise<void> {
  await emulator.waitFor(
    () =>
      repository
        .checkRuns(repository.pullRequest(number).headSha)
        .some((run) => run.name === 'drydock' && run.status === 'completed'),
    { timeoutMs: patience, what: `the plan of #${number}` },
  )
}

/** Waits until the comment says how the sync ended. */
async function synced({ emulator, repository }: Stage, number: number): Promise<void> {
  await emulator.waitFor(
    () => repository.comments(number).some((comment) => /^### (✅ Synced|❌|⏸)/m.test(comment.body)),
    { timeoutMs: patience, what: `the sync of #${number}` },
  )
}

/** Prints the checks and comments of a pull request as a person would read them. */
function tell({ repository, say }: Stage, number: number): void {
  const pull = repository.pullRequest(number)
  say(`#${number} ${pull.title}\n\n`)
  for (const run of repository.checkRuns(pull.headSha)) {
    say(`  ${sign(run.conclusion)} ${run.name} — ${run.title ?? run.status}\n`)
  }
  for (const comment of repository.comments(number)) {
    say(`\n  ${comment.author.login} says:\n`)
    say(`${readable(comment.body).replace(/^(?=.)/gm, '  │ ')}\n`)
  }
}

function sign(conclusion: string | null | undefined): string {
  if (conclusion === 'success') return '✓'
  return conclusion === null || conclusion === undefined ? '…' : '✗'
}
