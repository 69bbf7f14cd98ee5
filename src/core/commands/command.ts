/** What a comment asks for. `apps`: names and globs, empty for all of the pull request. */
export type Command =
  | {
      readonly kind: 'command'
      readonly name: 'plan' | 'sync' | 'approve' | 'unlock'
      readonly apps: readonly string[]
    }
  | {
      readonly kind: 'command'
      readonly name: 'lock'
      readonly apps: readonly string[]
      readonly reason?: string
      /** `true`: the lock outlives the pull request. */
      readonly keep: boolean
    }
  | {
      readonly kind: 'command'
      readonly name: 'rollback'
      readonly apps: readonly string[]
      /** Absent: the newest good revision from before the pull request. */
      readonly to?: RollbackTarget
      readonly reason?: string
      /** `true`: only shows what it would do. */
      readonly dryRun: boolean
    }
  | { readonly kind: 'command'; readonly name: 'status' | 'help' }

/** What an app goes back to: a commit (beginning of its id, 7 to 64 lower-case hex digits), or the state after a pull request. */
export type RollbackTarget = { readonly commit: string } | { readonly number: number }

/** One polite answer and nothing else. */
export type Reply = {
  readonly kind: 'reply'
  /** Markdown; what it quotes of the comment is inside a code span. */
  readonly text: string
}

/** The comment isn't for us. */
export type Ignore = { readonly kind: 'ignore' }

/** Permission of a person on the repository, highest first. */
export type Permission = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none'

/** Name of a command, without the slash. */
export type CommandName = 'plan' | 'sync' | 'rollback' | 'approve' | 'lock' | 'unlock' | 'status' | 'help'

/** One word after the command; `quoted`: it stood in double quotes. */
export type Word = { readonly text: string; readonly quoted: boolean }

/** One command: what `/help` says of it, who may use it, and how its words are read. */
export type CommandDescription = {
  readonly name: CommandName
  /** As in `/help`: `/plan [app…]`. */
  readonly usage: string
  /** One sentence. */
  readonly summary: string
  /** The least permission that may use it, where the configuration says nothing else. */
  readonly permission: Permission
  /** Commands to copy, for these apps (at least one). */
  readonly examples: (apps: readonly string[]) => readonly string[]
  /** Reads the words. */
  readonly parse: (words: readonly Word[]) => Command | Reply
}
