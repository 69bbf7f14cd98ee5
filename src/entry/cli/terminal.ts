/** Where a command prints: results on `out`, everything else on `err`. */
export type Terminal = {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Prints what was thrown, stack and all, when `DEBUG` asks for it. */
  readonly debug: (thrown: unknown) => void
  readonly color: boolean
  /** Columns of standard output. */
  readonly width: number
  /** One line that is overwritten by the next; nothing where standard error is no terminal. */
  readonly progress: (line: string) => void
}

/** The terminal of this process. `NO_COLOR` (no-color.org), `TERM=dumb` and pipes switch colours off. */
export function processTerminal(
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  let shown = false
  const clear = () => {
    if (shown) stderr.write('\r\u001b[2K')
    shown = false
  }
  return {
    out: (text) => {
      clear()
      stdout.write(text)
    },
    err: (text) => {
      clear()
      stderr.write(text)
    },
    debug: (thrown) => {
      if (env.DEBUG) stderr.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`)
    },
    color: stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb',
    width: columnsOf(stdout),
    progress: (line) => {
      if (!stderr.isTTY) return
      clear()
      stderr.write(line.slice(0, columnsOf(stderr) - 1))
      shown = true
    },
  }
}

/** Some terminals say that they have no columns. */
function columnsOf(stream: NodeJS.WriteStream): number {
  return stream.isTTY && stream.columns > 0 ? stream.columns : 80
}
