import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { processTerminal } from '../../../src/entry/cli/terminal.ts'

/** Streams of a process, with all that was written to them. */
function streams(tty: { readonly out: boolean; readonly err: boolean }, columns = 40) {
  const written: string[] = []
  const stream = (name: string, isTTY: boolean) =>
    Object.assign(new PassThrough(), isTTY ? { isTTY, columns } : {}, {
      write: (text: string) => written.push(`${name} ${text}`) > 0,
    }) as unknown as NodeJS.WriteStream
  return { stdout: stream('out', tty.out), stderr: stream('err', tty.err), written }
}

test('progress is one line of a terminal, gone before anything else is printed', () => {
  const { stdout, stderr, written } = streams({ out: false, err: true })
  const terminal = processTerminal(stdout, stderr, {})
  terminal.progress('one')
  terminal.progress('two'.repeat(20))
  terminal.out('result\n')
  terminal.err('note\n')
  const clear = '\r\u001b[2K'
  expect(written).toEqual([
    'err one',
    `err ${clear}`,
    `err ${'two'.repeat(13)}`,
    `err ${clear}`,
    'out result\n',
    'err note\n',
  ])
})

test('nothing but results where standard error is no terminal', () => {
  const { stdout, stderr, written } = streams({ out: true, err: false })
  const terminal = processTerminal(stdout, stderr, {})
  terminal.progress('one')
  terminal.out('result\n')
  expect(written).toEqual(['out result\n'])
})

test.each([
  [{ out: true, err: true }, {}, true],
  [{ out: true, err: true }, { NO_COLOR: '1' }, false],
  [{ out: true, err: true }, { TERM: 'dumb' }, false],
  [{ out: false, err: true }, {}, false],
])('colours of %o with %o: %s', (tty, env, color) => {
  const { stdout, stderr } = streams(tty)
  expect(processTerminal(stdout, stderr, env).color).toBe(color)
})

test('the width of the terminal, and 80 where there is none or it says nothing', () => {
  const width = (tty: boolean, columns?: number) => {
    const { stdout, stderr } = streams({ out: tty, err: tty }, columns)
    return processTerminal(stdout, stderr, {}).width
  }
  expect([width(true, 120), width(true, 0), width(false)]).toEqual([120, 80, 80])
})
