/**
 * What is worth its place first when a report has to be cut; lower is kept first. Read from its end it is the ladder by
 * which a report shrinks: context of hunks, hunks of safe changes, hunks of risky ones, remarks (one line is left for
 * each object), lines (counts are left).
 */
export const PRIORITY = {
  head: 0,
  risk: 1,
  consequence: 2,
  error: 3,
  table: 4,
  denial: 5,
  line: 6,
  finding: 7,
  remark: 8,
  riskyHunk: 9,
  hunk: 10,
  deletedHunk: 11,
  createdHunk: 12,
  context: 13,
} as const

/** A part of a report: shown in one of its forms, each of which is whole in itself, or left out. */
export type Piece = {
  /** The least form. */
  readonly text: string
  readonly priority: number
  /** Identities of what is missing when this piece is left out; two pieces of one object count once. */
  readonly about: readonly string[]
  /** A richer form that takes the place of `text` when there is room after everything of a lower priority. */
  readonly fuller?: { readonly text: string; readonly priority: number }
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
  /** As Markdown: what is named when there is no room for any piece. */
  readonly name?: string
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

/** So many missing sections are named. */
const NAMED = 5

/**
 * Joins sections by a blank line, leaving out what doesn't fit into `budget` bytes, least important first. Sections that
 * are missing altogether are named in a last line.
 */
export function compose(sections: readonly Section[], budget: number): string {
  const filled = sections.filter((section) => section.pieces.length > 0)
  const isShown = (kept: Kept) => (section: Section) => section.pieces.some((piece) => kept.has(piece))
  const all = choose(filled, budget)
  const kept = filled.every(isShown(all)) ? all : choose(filled, budget - sizeOf(lost(filled)) - SEPARATOR.length)
  const missing = filled.filter((section) => !isShown(kept)(section))
  const written = filled.filter(isShown(kept)).map((section) => write(section, kept))
  const said = missing.length > 0 ? [lost(missing)] : []
  const whole = [...written, ...said].join(SEPARATOR)
  return sizeOf(whole) <= budget ? whole : written.join(SEPARATOR)
}

function lost(sections: readonly Section[]): string {
  // The longest names, so that what is reserved is enough for any of them.
  const names = sections.flatMap(({ name }) => name ?? []).sort((one, other) => sizeOf(other) - sizeOf(one))
  const rest = sections.length - Math.min(names.length, NAMED)
  const listed = [...names.slice(0, NAMED), ...(rest > 0 ? [`${rest} more`] : [])]
  return `No room was left here for: ${listed.join(', ')}.`
}

/** The text of each piece that is shown. */
type Kept = ReadonlyMap<Piece, string>

/** Takes each form of each piece by its priority, while there is room. */
function choose(sections: readonly Section[], budget: number): Kept {
  const claims = sections
    .flatMap((section) => {
      const frame = frameOf(section)
      return section.pieces.flatMap((piece) => [
        { section, frame, piece, text: piece.text, priority: piece.priority, instead: false },
        ...(piece.fuller ? [{ section, frame, piece, ...piece.fuller, instead: true }] : []),
      ])
    })
    .sort((one, other) => one.priority - other.priority)
  const kept = new Map<Piece, string>()
  const opened = new Set<Section>()
  let used = 0
  for (const { section, frame, piece, text, instead } of claims) {
    const before = kept.get(piece)
    if (instead && before === undefined) continue
    const size =
      before === undefined ? sizeOf(text) + 1 + (opened.has(section) ? 0 : frame) : sizeOf(text) - sizeOf(before)
    if (used + size > budget) continue
    used += size
    kept.set(piece, text)
    opened.add(section)
  }
  return kept
}

/** What a section costs beside its pieces. The line about what is missing is always paid for. */
function frameOf(section: Section): number {
  const all = section.pieces.reduce((sum, piece) => sum + piece.about.length, 0)
  return SEPARATOR.length + sizeOf(section.open ?? '') + sizeOf(section.close ?? '') + sizeOf(section.more?.(all) ?? '')
}

function write(section: Section, kept: Kept): string {
  const shown = section.pieces.flatMap((piece) => kept.get(piece) ?? [])
  const missing = new Set(section.pieces.filter((piece) => !kept.has(piece)).flatMap((piece) => piece.about))
  const more = missing.size > 0 ? (section.more?.(missing.size) ?? '') : ''
  return `${section.open ?? ''}${shown.join('\n')}${more}${section.close ?? ''}`
}
