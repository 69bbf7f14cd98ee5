/** What is worth its place first when a report has to be cut; lower is kept first. */
export const PRIORITY = {
  head: 0,
  risk: 1,
  error: 2,
  table: 3,
  denial: 4,
  line: 5,
  finding: 6,
  riskyHunk: 7,
  hunk: 8,
  deletedHunk: 9,
  createdHunk: 10,
} as const

/** A part of a report that is shown whole or not at all. */
export type Piece = {
  readonly text: string
  readonly priority: number
  /** Identities of what is missing when this piece is left out; two pieces of one object count once. */
  readonly about: readonly string[]
}

/** Pieces in order, between an opening and a closing text that are only there when a piece is. */
export type Section = {
  readonly pieces: readonly Piece[]
  /** With its line end. */
  readonly open?: string
  /** With the line end before it. */
  readonly close?: string
  /** The line that tells of what was left out; with the line end before it. */
  readonly more?: (count: number) => string
}

/** Makes a section of one piece. */
export function paragraph(text: string, priority: number = PRIORITY.head): Section {
  return { pieces: [{ text, priority, about: [] }] }
}

/** Size in bytes of UTF-8: never less than what GitHub counts, whichever way it counts. */
export function sizeOf(text: string): number {
  return encoder.encode(text).length
}

const encoder = new TextEncoder()
const SEPARATOR = '\n\n'

/** Joins sections by a blank line, leaving out what doesn't fit into `budget` bytes, least important first. */
export function compose(sections: readonly Section[], budget: number): string {
  const kept = choose(sections, budget)
  return sections
    .map((section) => write(section, kept))
    .filter((written) => written !== '')
    .join(SEPARATOR)
}

function choose(sections: readonly Section[], budget: number): ReadonlySet<Piece> {
  const candidates = sections
    .flatMap((section) => {
      const frame = frameOf(section)
      return section.pieces.map((piece) => ({ section, frame, piece }))
    })
    .sort((one, other) => one.piece.priority - other.piece.priority)
  const kept = new Set<Piece>()
  const opened = new Set<Section>()
  let used = 0
  for (const { section, frame, piece } of candidates) {
    const size = sizeOf(piece.text) + 1 + (opened.has(section) ? 0 : frame)
    if (used + size > budget) continue
    used += size
    kept.add(piece)
    opened.add(section)
  }
  return kept
}

/** What a section costs beside its pieces. The line about what is missing is always paid for. */
function frameOf(section: Section): number {
  const all = section.pieces.reduce((sum, piece) => sum + piece.about.length, 0)
  return SEPARATOR.length + sizeOf(section.open ?? '') + sizeOf(section.close ?? '') + sizeOf(section.more?.(all) ?? '')
}

function write(section: Section, kept: ReadonlySet<Piece>): string {
  const shown = section.pieces.filter((piece) => kept.has(piece))
  if (shown.length === 0) return ''
  const missing = new Set(section.pieces.filter((piece) => !kept.has(piece)).flatMap((piece) => piece.about))
  const more = missing.size > 0 ? (section.more?.(missing.size) ?? '') : ''
  return `${section.open ?? ''}${shown.map((piece) => piece.text).join('\n')}${more}${section.close ?? ''}`
}
