import { classOf, escapeInClass, foldedTest, type Test, unicodeClass } from './pattern-classes.ts'

/** What an expression of RE2 is made of. */
export type Part =
  | { readonly kind: 'char'; readonly test: Test }
  | { readonly kind: 'edge'; readonly edge: Edge }
  | { readonly kind: 'all'; readonly parts: readonly Part[] }
  | { readonly kind: 'any'; readonly parts: readonly Part[] }
  /** `max` may be infinite. */
  | { readonly kind: 'repeat'; readonly part: Part; readonly min: number; readonly max: number }

/** A place between two characters. */
export type Edge = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word' | 'no-word'

/** Thrown for an expression that RE2 or this reader does not know. */
export class UnreadablePattern extends Error {}

type Flags = { readonly i: boolean; readonly m: boolean; readonly s: boolean }

const maxNesting = 200
/** RE2's own limit. */
const maxRepeat = 1000

/** Reads the syntax of RE2 (https://github.com/google/re2/wiki/Syntax). Throws {@link UnreadablePattern}. */
export function parsePattern(pattern: string): Part {
  const reader = new Reader(pattern)
  const part = reader.alternatives({ i: false, m: false, s: false }, 0)
  if (!reader.done()) throw new UnreadablePattern('a bracket is closed that was not opened')
  return part
}

class Reader {
  readonly #text: readonly string[]
  #at = 0

  constructor(pattern: string) {
    this.#text = [...pattern]
  }

  done(): boolean {
    return this.#at >= this.#text.length
  }

  /** Up to the end or the bracket that closes this group. Flags that are set inside hold until there. */
  alternatives(outer: Flags, depth: number): Part {
    if (depth > maxNesting) throw new UnreadablePattern('groups are nested too deeply')
    let flags = outer
    const branches: Part[] = []
    let branch: Part[] = []
    let repeatable = false
    while (!this.done() && this.#peek() !== ')') {
      const next = this.#peek()
      if (next === '|') {
        this.#at += 1
        branches.push({ kind: 'all', parts: branch })
        branch = []
        repeatable = false
        continue
      }
      const repeat = this.#quantifier()
      if (repeat) {
        const last = branch.pop()
        if (!repeatable || !last) throw new UnreadablePattern('there is nothing to repeat')
        branch.push({ kind: 'repeat', part: last, ...repeat })
        repeatable = false
        continue
      }
      if (next === '(') {
        const group = this.#group(flags, depth)
        repeatable = group.part !== undefined
        if (group.part) branch.push(group.part)
        else flags = group.flags
        continue
      }
      branch.push(...this.#atom(flags))
      repeatable = true
    }
    branches.push({ kind: 'all', parts: branch })
    return branches.length === 1 && branches[0] ? branches[0] : { kind: 'any', parts: branches }
  }

  #peek(ahead = 0): string {
    return this.#text[this.#at + ahead] ?? ''
  }

  #take(): string {
    const next = this.#peek()
    if (next === '') throw new UnreadablePattern('it ends too early')
    this.#at += 1
    return next
  }

  #rest(length: number): string {
    return this.#text.slice(this.#at, this.#at + length).join('')
  }

  #quantifier(): { readonly min: number; readonly max: number } | undefined {
    const next = this.#peek()
    let found: { readonly min: number; readonly max: number } | undefined
    if (next === '*') found = { min: 0, max: Number.POSITIVE_INFINITY }
    else if (next === '+') found = { min: 1, max: Number.POSITIVE_INFINITY }
    else if (next === '?') found = { min: 0, max: 1 }
    if (found) {
      this.#at += 1
    } else {
      if (next !== '{') return undefined
      const match = /^\{(\d{1,5})(,(\d{0,5}))?\}/.exec(this.#rest(14))
      // Not a repetition: the bracket means itself.
      if (!match) return undefined
      const min = Number(match[1])
      const max = match[2] === undefined ? min : match[3] ? Number(match[3]) : Number.POSITIVE_INFINITY
      if (min > maxRepeat || (max !== Number.POSITIVE_INFINITY && max > maxRepeat) || max < min) {
        throw new UnreadablePattern('a repetition is out of range')
      }
      found = { min, max }
      this.#at += match[0].length
    }
    // Lazy or not: whether it matches is the same.
    if (this.#peek() === '?') this.#at += 1
    return found
  }

  #group(flags: Flags, depth: number): { readonly part?: Part; readonly flags: Flags } {
    this.#take()
    let inner = flags
    if (this.#peek() === '?') {
      const head = this.#rest(80)
      const name = /^\?P?<\w+>/.exec(head)
      const set = /^\?([imsU]*)(?:-([imsU]+))?([:)])/.exec(head)
      if (name) {
        this.#at += name[0].length
      } else if (set) {
        this.#at += set[0].length
        const on = (flag: 'i' | 'm' | 's') => (set[1]?.includes(flag) || flags[flag]) && !set[2]?.includes(flag)
        inner = { i: on('i'), m: on('m'), s: on('s') }
        if (set[3] === ')') return { flags: inner }
      } else {
        throw new UnreadablePattern('RE2 does not know this group')
      }
    }
    const part = this.alternatives(inner, depth + 1)
    if (this.done()) throw new UnreadablePattern('a bracket is not closed')
    this.#at += 1
    return { part, flags }
  }

  #atom(flags: Flags): readonly Part[] {
    const next = this.#take()
    const char = (test: Test): readonly Part[] => [{ kind: 'char', test: flags.i ? foldedTest(test) : test }]
    const edge = (name: Edge): readonly Part[] => [{ kind: 'edge', edge: name }]
    const exactly = (code: number) => char((each) => each === code)
    if (next === '.') return char((each) => flags.s || each !== 10)
    if (next === '^') return edge(flags.m ? 'line-start' : 'text-start')
    if (next === '$') return edge(flags.m ? 'line-end' : 'text-end')
    if (next === '[') return char(this.#class())
    if (next !== '\\') return exactly(next.codePointAt(0) ?? 0)
    const escaped = this.#peek()
    const edges: Readonly<Record<string, Edge>> = { A: 'text-start', z: 'text-end', b: 'word', B: 'no-word' }
    if (Object.hasOwn(edges, escaped)) {
      this.#at += 1
      return edge(edges[escaped] ?? 'word')
    }
    if (escaped === 'Q') {
      this.#at += 1
      const literal: Part[] = []
      while (!this.done() && this.#rest(2) !== '\\E') {
        const code = this.#take().codePointAt(0) ?? 0
        literal.push(...exactly(code))
      }
      this.#at += 2
      return literal
    }
    return char(this.#escape().test)
  }

  /** After a backslash. `code`: it stands for one character, which may begin or end a range. */
  #escape(): { readonly test: Test; readonly code?: number } {
    const next = this.#take()
    if (next === 'p' || next === 'P') return { test: this.#unicode(next === 'P') }
    const named = escapeInClass(next)
    if (named) return { test: named }
    const code = this.#code(next)
    return { test: (each) => each === code, code }
  }

  #code(next: string): number {
    const control = 'afnrtv'.indexOf(next)
    if (control >= 0) return [7, 12, 10, 13, 9, 11][control] ?? 0
    if (next === 'x') {
      const match = /^(?:\{([0-9A-Fa-f]{1,8})\}|([0-9A-Fa-f]{2}))/.exec(this.#rest(10))
      if (!match) throw new UnreadablePattern('\\x has no number')
      this.#at += match[0].length
      return Number.parseInt(match[1] ?? match[2] ?? '', 16)
    }
    if (/[0-7]/.test(next)) {
      const octal = next === '0' ? /^[0-7]{0,2}/ : /^[0-7]{2}/
      const match = octal.exec(this.#rest(2))
      if (!match) throw new UnreadablePattern('RE2 has no references to groups')
      this.#at += match[0].length
      return Number.parseInt(next + match[0], 8)
    }
    if (/[\dA-Za-z]/.test(next)) throw new UnreadablePattern('RE2 does not know this escape')
    return next.codePointAt(0) ?? 0
  }

  #unicode(negated: boolean): Test {
    let name = this.#take()
    if (name === '{') {
      name = ''
      for (let next = this.#take(); next !== '}'; next = this.#take()) name += next
    }
    const test = unicodeClass(name.replace(/^\^/, ''))
    if (!test) throw new UnreadablePattern('this class of characters is not known')
    return negated !== name.startsWith('^') ? (code) => !test(code) : test
  }

  #class(): Test {
    const negated = this.#peek() === '^'
    if (negated) this.#at += 1
    const tests: Test[] = []
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      const named = /^\[:(\^?)(\w+):\]/.exec(this.#rest(16))
      if (named) {
        const test = classOf(named[2] ?? '')
        if (!test) throw new UnreadablePattern('this class of characters is not known')
        tests.push(named[1] ? (code) => !test(code) : test)
        this.#at += named[0].length
        continue
      }
      const low = this.#classItem()
      if (low.code !== undefined && this.#peek() === '-' && this.#peek(1) !== ']' && this.#peek(1) !== '') {
        this.#at += 1
        const { code: end } = this.#classItem()
        const start = low.code
        if (end === undefined || end < start) throw new UnreadablePattern('a range of characters is not valid')
        tests.push((code) => code >= start && code <= end)
      } else {
        tests.push(low.test)
      }
    }
    this.#at += 1
    return (code) => tests.some((test) => test(code)) !== negated
  }

  #classItem(): { readonly test: Test; readonly code?: number } {
    const next = this.#take()
    if (next === '\\') return this.#escape()
    const code = next.codePointAt(0) ?? 0
    return { test: (each) => each === code, code }
  }
}
