import type { MergeMethod } from './acts/merge.ts'
import type { FileChange } from './git.ts'
import type { CheckRun, Comment, Deployment, MergeGroup, Pull, Review, Role } from './model.ts'

/** What people do with one repository, each as they would on its pages. A person is made when first named. */
export type RepositoryStory = {
  readonly owner: string
  readonly name: string
  /** `owner/name`. */
  readonly fullName: string
  readonly cloneUrl: string
  /** Of the App. */
  readonly installationId: number
  /** The bare repository. */
  readonly folder: string
  /** Changes files on a branch (a new one begins at the default branch, or at `from`). Returns the commit. */
  readonly commit: (
    branch: string,
    files: Readonly<Record<string, FileChange>>,
    message: string,
    author: string,
    options?: { readonly from?: string },
  ) => Promise<string>
  /** Points a branch elsewhere, as a forced push does. */
  readonly forcePush: (branch: string, commit: string, by: string) => Promise<void>
  readonly deleteBranch: (branch: string, by: string) => Promise<void>
  readonly head: (branch: string) => Promise<string | undefined>
  /** Text of a file at a commit or branch. */
  readonly file: (ref: string, path: string) => Promise<string | undefined>
  /** Makes a fork of another owner. The App isn't installed there. */
  readonly fork: (owner: string) => Promise<RepositoryStory>
  /** Opens a pull request; with `files`, commits them on `head` first. Returns its number. */
  readonly openPullRequest: (given: {
    readonly head: string
    readonly title: string
    readonly author: string
    readonly base?: string
    readonly body?: string
    readonly files?: Readonly<Record<string, FileChange>>
    readonly fork?: RepositoryStory
    readonly draft?: boolean
  }) => Promise<number>
  /** Throws what GitHub answers: 405 while a required check is missing or failed. Returns the commit. */
  readonly mergePullRequest: (
    number: number,
    options: { readonly by: string; readonly method?: MergeMethod; readonly sha?: string },
  ) => Promise<string>
  readonly closePullRequest: (number: number, by: string) => Promise<void>
  readonly reopenPullRequest: (number: number, by: string) => Promise<void>
  readonly editPullRequest: (
    number: number,
    by: string,
    edit: { readonly title?: string; readonly body?: string; readonly base?: string; readonly draft?: boolean },
  ) => Promise<void>
  readonly review: (number: number, by: string, state: Review['state'], body?: string) => Promise<void>
  /** Returns the comment's id. `mail`: it is a reply to a notification by e-mail, to the address of `user`. */
  readonly comment: (number: number, user: string, body: string, way?: 'page' | 'mail') => Promise<number>
  readonly editComment: (id: number, body: string, by?: string) => Promise<void>
  readonly deleteComment: (id: number, by: string) => Promise<void>
  readonly setPermission: (user: string, role: Role) => void
  /** Puts a user into a team of the owner, which is made when first named. */
  readonly addToTeam: (slug: string, user: string) => void
  readonly requireCheck: (branch: string, name: string) => void
  readonly enqueueMergeGroup: (number: number, by: string) => Promise<MergeGroup>
  /** Ends a group by hand; with a required check it ends by itself. */
  readonly finishMergeGroup: (group: MergeGroup, reason: 'merged' | 'invalidated' | 'dequeued') => Promise<void>
  readonly rerequest: (checkRunId: number, by: string) => void
  readonly pressButton: (checkRunId: number, identifier: string, by: string) => void
  readonly pullRequest: (number: number) => Readonly<Pull> & { readonly mergeableState: string }
  readonly pullRequests: () => readonly Readonly<Pull>[]
  /** Oldest first. */
  readonly comments: (number: number) => readonly Readonly<Comment>[]
  /** Oldest first, of one commit or of all. */
  readonly checkRuns: (sha?: string) => readonly Readonly<CheckRun>[]
  /** Oldest first. */
  readonly deployments: () => readonly Readonly<Deployment>[]
  readonly mergeGroups: () => readonly MergeGroup[]
}

/** What a new repository begins with. */
export type NewRepository = {
  readonly owner: string
  readonly name: string
  readonly files?: Readonly<Record<string, FileChange>>
  /** `main` unless given. */
  readonly defaultBranch?: string
  /** Private unless false. */
  readonly private?: boolean
  /** Is the owner a person? An organization unless true. */
  readonly user?: boolean
  /** Is the App installed there? Yes unless false. */
  readonly installed?: boolean
}
