import { visible } from './escape.ts'

/** How terminal text is made. */
export type TerminalOptions = {
  /** ANSI colours; the caller decides by terminal and `NO_COLOR`. */
  readonly color: boolean
  /** Columns; default 80. */
  readonly width?: number
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const

/** A colour or weight of the terminal. */
export type Style = keyof typeof CODES

/** Paints text, or leaves it as it is. */
export type Paint = (style: Style, words: string) => string

/** The paint for these options. */
export function painter({ color }: TerminalOptions): Paint {
  return (style, words) => (color ? `\u001b[${CODES[style]}m${words}\u001b[0m` : words)
}

/** Breaks visible text at spaces to fit `width` columns; continued lines begin with `indent`. A long word stays whole. */
export function wrap(raw: string, width: number, first: string, indent = ' '.repeat(first.length)): string {
  const lines: string[] = []
  let line = first
  let empty = true
  for (const word of visible(raw).split(/\s+/)) {
    if (word === '') continue
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent
      empty = true
    }
    line += empty ? word : ` ${word}`
    empty = false
  }
  return [...lines, line].join('\n')
}

/** Hunks with each line indented, added and removed lines painted. */
export function paintHunks(hunks: string, indent: string, paint: Paint): string {
  return visible(hunks)
    .replace(/\n+$/, '')
    .split('\n')
    .map((line) => {
      const style = styleOf(line)
      return `${indent}${style ? paint(style, line) : line}`
    })
    .join('\n')
}

function styleOf(line: string): Style | undefined {
  if (line.startsWith('+')) return 'green'
  if (line.startsWith('-')) return 'red'
  return line.startsWith('@@') ? 'cyan' : undefined
}
