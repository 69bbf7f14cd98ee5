import { readFile, writeFile } from 'node:fs/promises'
import { createTwoFilesPatch } from 'diff'
import { expect } from 'vitest'

/** Files of a repository; `null` deletes one. */
export type Files = Readonly<Record<string, string | null>>

/**
 * Compares a told story with `<name>.md` beside this file. With `DRYDOCK_UPDATE_GOLDEN=1` it is written instead: read it
 * before it is committed, as a reviewer of the pull request would.
 */
export async function expectGolden(name: string, told: string): Promise<void> {
  const file = new URL(`${name}.md`, import.meta.url)
  if (process.env.DRYDOCK_UPDATE_GOLDEN === '1') await writeFile(file, told)
  expect(told).toBe(await readFile(file, 'utf8'))
}

/** Puts placeholders for what changes with each run: names made for it, commits, times, durations, addresses. */
export function calm(raw: string, names: ReadonlyMap<string, string>): string {
  const named = [...names].reduce((text, [name, plain]) => text.replaceAll(name, plain), raw)
  return named
    .replace(/^<!-- drydock:.*-->\n/gm, '')
    .replace(/`[0-9a-f]{7}`/g, '`‹commit›`')
    .replace(/The plan of [0-9a-f]{7},/g, 'The plan of ‹commit›,')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, '‹time›')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '‹time›')
    .replace(/just now|\b\d+ min ago/g, 'just now')
    .replace(/(?<= · | in |\(|\| )(\d+\.\d s|\d+ s|\d+ min( \d+ s)?)(?=$|\n| ·|\)| \|)/g, '‹duration›')
    .replace(/applyset-[\w-]+-v1/g, 'applyset-‹id›-v1')
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'https://github.example')
    .replace(/\/(runs|checks|check-runs|job)\/\d+/g, '/$1/‹id›')
}

/** The text of files, as it stands in the repository. */
export function shown(files: Files): string {
  return Object.entries(files)
    .map(([path, text]) => `\`${path}\`\n\n~~~yaml\n${text ?? ''}~~~`)
    .join('\n\n')
}

/** What a pull request changes, as its page shows it. */
export function changed(before: Files, files: Files): string {
  const patches = Object.entries(files).map(([path, text]) => {
    const patch = createTwoFilesPatch(path, path, before[path] ?? '', text ?? '', '', '', { context: 2 })
    const lines = patch.slice(patch.indexOf('@@'))
    const [was, is] = [before[path] === undefined ? '/dev/null' : path, text === null ? '/dev/null' : path]
    return `--- ${was}\n+++ ${is}\n${lines}`
  })
  return `~~~diff\n${patches.join('')}~~~`
}
