import { expect } from 'vitest'
import type { RepositoryStory } from '../../../src/entry/demo/github/story-types.ts'
import { configuration } from '../../support/app-files.ts'
import { fresh, type Harbour, openHarbour } from '../../support/harbour.ts'
import { calm, changed, expectGolden, type Files, shown } from './golden.ts'
import { differences, openRaw, type Raw, type Snapshot } from './raw.ts'

/** One Drydock between an emulated GitHub and a real cluster, for all stories of a file. */
export type Port = {
  readonly harbour: Harbour
  readonly raw: Raw
  /** Paths of what a story leaves behind on the cluster; removed at the end. */
  readonly left: string[]
  readonly close: () => Promise<void>
}

/** Opens a port. */
export async function openPort(options: { readonly started?: boolean } = {}): Promise<Port> {
  const harbour = await openHarbour(options)
  const raw = await openRaw(harbour.kubeconfig)
  const left: string[] = []
  return {
    harbour,
    raw,
    left,
    close: async () => {
      for (const path of left) await raw.remove(path)
      await raw.close()
      await harbour.close()
    },
  }
}

/** How a story is set up. */
export type Setting = {
  readonly title: string
  /** Labels of the app's namespace; `none`: nobody made it. */
  readonly namespace?: Readonly<Record<string, string>> | 'none'
  /** More lines of the app in `.github/drydock.yaml`, indented by four. */
  readonly more?: string
  /** All of `.github/drydock.yaml`, from the names of app and namespace. */
  readonly config?: (app: string, namespace: string) => string
}

/** What a pull request got. */
export type Review = {
  readonly number: number
  readonly conclusion: string | null
  /** With placeholders for what changes with each run. */
  readonly comment: string
  /** `level path:line title: message` of all check runs, with placeholders. */
  readonly annotations: readonly string[]
}

/** The lines of a comment's hunks that are put in or taken out. */
export function changedLines(comment: string): readonly string[] {
  const hunks = [...comment.matchAll(/^```diff\n(.*?)^```$/gms)].flatMap((match) => (match[1] ?? '').split('\n'))
  return hunks.filter((line) => /^[-+]/.test(line)).map((line) => line.replace(/^(.) */, '$1 '))
}

/** A repository with one app, its namespace on the cluster, and what happened so far, told as Markdown. */
export type Story = {
  readonly app: string
  readonly namespace: string
  readonly repository: RepositoryStory
  /** Path of a resource (`configmaps`, `apps/v1/deployments`) in the app's namespace, or of one object of it. */
  readonly path: (resource: string, name?: string) => string
  /** Another name that no other run uses, told without its random part. */
  readonly name: (plain: string) => string
  /** Pushes files to the main branch and waits until they are synced. */
  readonly begin: (files: Files) => Promise<void>
  /** Pushes files to the main branch, by somebody else. */
  readonly push: (words: string, files: Files) => Promise<void>
  /** Something that happens on the cluster. */
  readonly meanwhile: (words: string, act: () => Promise<unknown>) => Promise<void>
  /** A list to compare before and after a merge, beside those of the namespace: `apis/apps/v1/daemonsets`. */
  readonly lookAt: (path: string) => void
  /** Opens a pull request and reads what it gets. With `from`, its branch began earlier. */
  readonly propose: (title: string, files: Files, options?: { readonly branch?: string }) => Promise<Review>
  /** Another commit on an open pull request. */
  readonly amend: (review: Review, words: string, files: Files) => Promise<Review>
  /**
   * Merges, waits for the sync, and returns what it changed on the cluster by raw GETs. Plans again: no changes, and no
   * drift but that of so many objects.
   */
  readonly merge: (review: Review, options?: { readonly drift?: number }) => Promise<readonly string[]>
  /** Merges something of which the sync does nothing: returns the comment. */
  readonly mergeInVain: (review: Review) => Promise<string>
  readonly close: (review: Review) => Promise<void>
  readonly snapshot: () => Promise<Snapshot>
  /** Compares all that was told with the golden file of this name. */
  readonly golden: (name: string) => Promise<void>
}

/** Begins a story. */
export async function begin(port: Port, setting: Setting): Promise<Story> {
  const { harbour, raw, left } = port
  const names = new Map<string, string>()
  const nameOf = (plain: string) => {
    const name = fresh(plain)
    names.set(name, plain)
    return name
  }
  const app = nameOf('shop')
  const namespace = app
  const repository = await harbour.emulator.createRepository({
    owner: 'acme',
    name: fresh('gitops'),
    files: {
      '.github/drydock.yaml':
        setting.config?.(app, namespace) ??
        configuration({ [app]: { path: 'app', namespace, ...(setting.more ? { more: setting.more } : {}) } }),
    },
  })
  names.set(repository.name, 'gitops')
  repository.setPermission('alice', 'write')
  repository.setPermission('bob', 'maintain')
  left.push(`/api/v1/namespaces/${namespace}`)
  if (setting.namespace !== 'none') {
    const metadata = { name: namespace, labels: { ...setting.namespace } }
    await raw.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata })
  }

  const main: Record<string, string | null> = {}
  const told: string[] = [`# ${setting.title}`]
  const say = (words: string) => void told.push(calm(words, names))
  if (setting.more) say(`The app is configured with:\n\n~~~yaml\n${setting.more.replace(/^ {4}/gm, '')}~~~`)

  const looked: string[] = []
  const snapshot = () => raw.namespace(namespace, looked)
  const comments = (number: number) => repository.comments(number).filter((each) => each.viaApp)
  const commentOf = (number: number) => calm(comments(number).at(-1)?.body ?? '', names)
  const runsOf = (number: number) => repository.checkRuns(repository.pullRequest(number).headSha)

  const review = async (number: number): Promise<Review> => {
    const conclusion = await harbour.planned(repository, number)
    expect(comments(number).length).toBeLessThan(2)
    const annotations = runsOf(number)
      .flatMap((run) => run.annotations)
      .map((each) => `${each.annotation_level} ${each.path}:${each.start_line} ${each.title}: ${each.message}`)
      .map((each) => calm(each, names))
    const comment = commentOf(number)
    say(comment === '' ? 'Nothing is posted.' : `Drydock says:\n\n---\n\n${comment}\n\n---`)
    if (annotations.length > 0) {
      say(`Annotations:\n\n${annotations.map((each) => `- ${each.replaceAll('\n', ' ⏎ ')}`).join('\n')}`)
    }
    return { number, conclusion, comment, annotations }
  }
  const seen = new Map<number, Files>()

  const propose: Story['propose'] = async (title, files, options = {}) => {
    say(`## Pull request: ${title}`)
    say(changed(main, files))
    const head = options.branch ?? fresh('branch')
    const number = await repository.openPullRequest({
      head,
      title,
      author: 'alice',
      files: options.branch ? {} : files,
    })
    seen.set(number, files)
    return review(number)
  }

  /** A pull request that says nothing new: what is there is what Git says. */
  const planAgain = async (drift: number) => {
    const [path, text] = Object.entries(main).find(([name, content]) => name.startsWith('app/') && content) ?? []
    expect(path).toBeDefined()
    const files = { [path ?? '']: `${text}# Only a comment.\n` }
    const title = 'Only a comment'
    const number = await repository.openPullRequest({ head: fresh('branch'), title, author: 'alice', files })
    expect(await harbour.planned(repository, number)).toBe('success')
    const [first] = commentOf(number).split('\n')
    await repository.closePullRequest(number, 'alice')
    const drifted = `### ✅ No changes · ${drift} object${drift === 1 ? '' : 's'} drifted`
    if (drift > 0) expect(first).toBe(drifted)
    else expect(first).toMatch(/^✅ No changes in 1 app: /)
    say(`Planned again: ${first?.replace(/^### /, '').replace(/ · `.*/, '')}.`)
  }

  return {
    app,
    namespace,
    repository,
    name: nameOf,
    path: (resource, name = '') => {
      const [plural, ...group] = resource.split('/').reverse()
      const root = group.length > 0 ? `/apis/${group.reverse().join('/')}` : '/api/v1'
      return `${root}/namespaces/${namespace}/${plural}${name && `/${name}`}`
    },
    begin: async (files) => {
      Object.assign(main, files)
      say('## On the main branch and on the cluster')
      say(shown(files))
      await repository.commit('main', files, 'Begin', 'bob')
      await harbour.emulator.waitFor(() => repository.deployments()[0]?.statuses.at(-1)?.state === 'success', {
        what: 'the first sync',
        timeoutMs: 60_000,
      })
    },
    push: async (words, files) => {
      const before = repository.deployments().length
      say(`## ${words}`)
      say(changed(main, files))
      Object.assign(main, files)
      await repository.commit('main', files, words, 'bob')
      await harbour.emulator.waitFor(
        () =>
          repository.deployments().length > before &&
          repository.deployments().at(-1)?.statuses.at(-1)?.state === 'success',
        { what: 'the sync of the push', timeoutMs: 60_000 },
      )
    },
    meanwhile: async (words, act) => {
      say(`**Meanwhile:** ${words}`)
      await act()
    },
    lookAt: (path) => void looked.push(path),
    propose,
    amend: async ({ number }, words, files) => {
      say(`### The next commit: ${words}`)
      say(changed({ ...main, ...seen.get(number) }, files))
      seen.set(number, { ...seen.get(number), ...files })
      await repository.commit(repository.pullRequest(number).headRef, files, words, 'alice')
      return review(number)
    },
    merge: async ({ number }, options = {}) => {
      const before = await snapshot()
      await repository.mergePullRequest(number, { by: 'bob' })
      const log = calm(await harbour.synced(repository, number), names)
      expect(log).toContain('### ✅ Synced')
      Object.assign(main, seen.get(number))
      const changes = differences(before, await snapshot()).map((each) => calm(each, names))
      const list = changes.map((each) => `- ${each.length > 400 ? `${each.slice(0, 400)}…` : each}`)
      say(`**Merged.** On the cluster, by raw GETs before and after:\n\n${list.join('\n') || '- nothing differs'}`)
      const outcome = /### (.*)/.exec(log)?.[1]
      const counts = /<\/b> → .* · (.*)<\/summary>/.exec(log)?.[1] ?? 'nothing to do'
      say(`The comment is the log now: ${outcome} (${counts}).`)
      await planAgain(options.drift ?? 0)
      return changes
    },
    mergeInVain: async ({ number }) => {
      const before = await snapshot()
      await repository.mergePullRequest(number, { by: 'bob' })
      const log = calm(await harbour.synced(repository, number), names)
      expect(differences(before, await snapshot())).toEqual([])
      Object.assign(main, seen.get(number))
      say('**Merged.** On the cluster nothing differs. The comment is the log now:')
      say(`---\n\n${log.split('\n\n<details><summary>The plan of')[0]}\n\n---`)
      return log
    },
    close: ({ number }) => repository.closePullRequest(number, 'alice'),
    snapshot,
    golden: (name) => expectGolden(name, `${told.join('\n\n')}\n`),
  }
}
