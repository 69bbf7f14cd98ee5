/** One comment of a pull request; `body` is Markdown as GitHub has it. */
export type CommentView = {
  readonly author: string
  readonly body: string
  /** ISO 8601. */
  readonly createdAt: string
}

/** One check run on the head of a pull request. */
export type CheckView = {
  readonly name: string
  /** `queued`, `in_progress` or `completed`. */
  readonly status: string
  /** Only of a completed check. */
  readonly conclusion?: string | undefined
  readonly title?: string | undefined
}

/** What the demo's page shows of a pull request. */
export type PullView = {
  readonly number: number
  readonly title: string
  readonly author: string
  readonly state: 'open' | 'merged' | 'closed'
  /** Names of the branches. */
  readonly head: string
  readonly base: string
  readonly comments: readonly CommentView[]
  readonly checks: readonly CheckView[]
}

/** Where the page takes pull requests from, and gives comments to. */
export type PullSource = {
  readonly list: () => Promise<readonly PullView[]> | readonly PullView[]
  readonly get: (number: number) => Promise<PullView | undefined> | PullView | undefined
  /** Adds a comment as the person at the page. */
  readonly comment: (number: number, text: string) => Promise<void>
}
