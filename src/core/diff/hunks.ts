import { structuredPatch } from 'diff'
import { dump } from 'js-yaml'
import { isArray, isObject, type Json } from '../model/object.ts'

/** Longer hunks are cut, in characters: a CustomResourceDefinition has ten thousand lines. */
const maxLength = 20_000

/** Unified hunks between two values as YAML, three lines of context; an absent side is empty. Both must be masked. */
export function hunksBetween(before: Json | undefined, after: Json | undefined): string {
  const patch = structuredPatch('live', 'planned', yaml(before), yaml(after), '', '', {
    context: 3,
    maxEditLength: 20_000,
  })
  if (!patch) return ''
  const lines = patch.hunks.flatMap((hunk) => [
    `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`,
    ...hunk.lines.filter((line) => !line.startsWith('\\')),
  ])
  return cut(lines)
}

/** Unified diff counts from 1; what is empty begins at the line before. */
function range(start: number, lines: number): string {
  return `${lines === 0 ? start - 1 : start},${lines}`
}

/** Hunks with only what is removed and added; `…` stands where lines were left out between them. */
export function withoutContext(hunks: string): string {
  const kept: string[] = []
  let gap = false
  for (const line of hunks.split('\n')) {
    if (line.startsWith(' ') && !line.startsWith(' … ')) {
      gap = /^[-+]/.test(kept.at(-1) ?? '')
      continue
    }
    if (gap && /^[-+]/.test(line)) kept.push(' …')
    gap = false
    kept.push(line)
  }
  return kept.join('\n')
}

function cut(lines: readonly string[]): string {
  let length = 0
  const kept: string[] = []
  for (const line of lines) {
    length += line.length + 1
    if (length > maxLength) return [...kept, ` … ${lines.length - kept.length} more lines`].join('\n')
    kept.push(line)
  }
  return kept.join('\n')
}

function yaml(value: Json | undefined): string {
  if (value === undefined) return ''
  return dump(plain(value), { lineWidth: 120, noRefs: true })
}

/** YAML's dumper knows no bigint; the digits are what a person should see. */
function plain(value: Json | undefined): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (isArray(value)) return value.map(plain)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => (each === undefined ? [] : [[key, plain(each)]])),
  )
}
