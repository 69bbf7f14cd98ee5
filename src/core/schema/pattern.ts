import { isWord, type Test } from './pattern-classes.ts'
import { type Edge, type Part, parsePattern, UnreadablePattern } from './pattern-parse.ts'

/** One step of a compiled pattern; steps are named by their place in the list. */
type Step =
  | { readonly kind: 'char'; readonly test: Test }
  | { readonly kind: 'edge'; readonly edge: Edge }
  | { readonly kind: 'fork'; readonly to: number[] }
  | { readonly kind: 'end' }

/** A pattern that was read. */
export type Pattern = {
  /** Work for each character of a text. */
  readonly size: number
  /** Does it occur in the text? `undefined`: that would be too much work. */
  readonly matches: (text: string) => boolean | undefined
}

/** `emitted` counts parts that need no step, too: repetitions of nothing would never end otherwise. */
type Program = { readonly steps: Step[]; emitted: number }

const maxParts = 10_000
const maxLength = 20_000
/** Size times characters: at most about 0.3 s. */
const maxWork = 5_000_000

/**
 * Compiles a pattern of RE2, or `undefined` when it can't be read. The pattern comes from a pull request, so that nothing
 * backtracks: all paths are followed side by side (Thompson 1968), in time linear in steps times characters.
 */
export function compilePattern(pattern: string): Pattern | undefined {
  if (pattern.length > maxLength) return undefined
  try {
    const program: Program = { steps: [], emitted: 0 }
    emit(parsePattern(pattern), program)
    program.steps.push({ kind: 'end' })
    const { steps } = program
    // A class of characters is one step, as long as it may be.
    const size = Math.max(steps.length, pattern.length)
    return { size, matches: (text) => (size * (text.length + 1) > maxWork ? undefined : run(steps, text)) }
  } catch (thrown) {
    if (thrown instanceof UnreadablePattern) return undefined
    throw thrown
  }
}

function emit(part: Part, program: Program): void {
  program.emitted += 1
  if (program.emitted > maxParts) throw new UnreadablePattern('it is too large')
  const { steps } = program
  switch (part.kind) {
    case 'char':
    case 'edge':
      steps.push(part)
      return
    case 'all':
      for (const each of part.parts) emit(each, program)
      return
    case 'any': {
      const fork = { kind: 'fork' as const, to: [] as number[] }
      const exits: number[][] = []
      steps.push(fork)
      for (const each of part.parts) {
        fork.to.push(steps.length)
        emit(each, program)
        const exit = { kind: 'fork' as const, to: [] as number[] }
        exits.push(exit.to)
        steps.push(exit)
      }
      for (const exit of exits) exit.push(steps.length)
      return
    }
    case 'repeat':
      emitRepeat(part, program)
  }
}

function emitRepeat(part: Part & { readonly kind: 'repeat' }, program: Program): void {
  const { steps } = program
  for (let count = 0; count < part.min; count += 1) emit(part.part, program)
  if (part.max === Number.POSITIVE_INFINITY) {
    const start = steps.length
    const fork = { kind: 'fork' as const, to: [start + 1] }
    steps.push(fork)
    emit(part.part, program)
    steps.push({ kind: 'fork', to: [start] })
    fork.to.push(steps.length)
    return
  }
  const exits: number[][] = []
  for (let count = part.min; count < part.max; count += 1) {
    const fork = { kind: 'fork' as const, to: [steps.length + 1] }
    exits.push(fork.to)
    steps.push(fork)
    emit(part.part, program)
  }
  for (const exit of exits) exit.push(steps.length)
}

function run(steps: readonly Step[], text: string): boolean {
  const codes = Array.from(text, (each) => each.codePointAt(0) ?? 0)
  const seen = new Int32Array(steps.length).fill(-1)
  let current: number[] = []
  for (let place = 0; place <= codes.length; place += 1) {
    // A match may begin anywhere.
    const open = [...current, 0]
    const next: number[] = []
    for (let step = open.pop(); step !== undefined; step = open.pop()) {
      if (seen[step] === place) continue
      seen[step] = place
      const what = steps[step]
      if (what === undefined || what.kind === 'end') return true
      if (what.kind === 'fork') open.push(...what.to)
      else if (what.kind === 'edge') {
        if (isAt(what.edge, codes, place)) open.push(step + 1)
      } else if (place < codes.length && what.test(codes[place] ?? 0)) next.push(step + 1)
    }
    current = next
  }
  return false
}

function isAt(edge: Edge, codes: readonly number[], place: number): boolean {
  const before = codes[place - 1]
  const after = codes[place]
  switch (edge) {
    case 'text-start':
      return before === undefined
    case 'text-end':
      return after === undefined
    case 'line-start':
      return before === undefined || before === 10
    case 'line-end':
      return after === undefined || after === 10
    default: {
      const word = (code: number | undefined) => code !== undefined && isWord(code)
      return (word(before) !== word(after)) === (edge === 'word')
    }
  }
}
