/** Composition of the demo. */
import type { Terminal } from './entry/cli/terminal.ts'
import type { Environment } from './serve.ts'

/** Plays the story on this machine. Returns the exit code. */
export async function playDemo(
  _env: Environment,
  _options: { readonly context?: string; readonly exit?: boolean; readonly port?: number },
  _terminal: Terminal,
  _signal: AbortSignal,
): Promise<number> {
  return 0
}
