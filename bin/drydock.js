#!/usr/bin/env node
// Starts Drydock with a Node that can run it: this one, or the one that `npm ci` installed beside it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
if (major > 22 || (major === 22 && minor >= 20)) {
  await import(main)
} else {
  const local = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))
  if (!existsSync(local)) {
    process.stderr.write(`drydock: needs Node 22.20 or newer, this is ${process.version}; run npm ci in its folder\n`)
    process.exit(2)
  }
  const child = spawn(local, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal's Ctrl-C reaches both, and a second one ends it at once; what is sent to this process alone is passed on.
  const inTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  process.on('SIGINT', () => inTerminal || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}
