/** Tells whether a character (a code point) belongs to a class. */
export type Test = (code: number) => boolean

const within =
  (...ranges: readonly (readonly [string, string])[]): Test =>
  (code) =>
    ranges.some(([low, high]) => code >= low.charCodeAt(0) && code <= high.charCodeAt(0))

const digit = within(['0', '9'])
const lower = within(['a', 'z'])
const upper = within(['A', 'Z'])
const alpha = within(['a', 'z'], ['A', 'Z'])

/** A word character of RE2: ASCII only. */
export const isWord: Test = within(['0', '9'], ['a', 'z'], ['A', 'Z'], ['_', '_'])

const space: Test = (code) => [9, 10, 12, 13, 32].includes(code)
const punct = within(['!', '/'], [':', '@'], ['[', '`'], ['{', '~'])

const posix: Readonly<Record<string, Test>> = {
  alnum: within(['0', '9'], ['a', 'z'], ['A', 'Z']),
  alpha,
  ascii: (code) => code < 128,
  blank: (code) => code === 9 || code === 32,
  cntrl: (code) => code < 32 || code === 127,
  digit,
  graph: within(['!', '~']),
  lower,
  print: within([' ', '~']),
  punct,
  space: (code) => (code >= 9 && code <= 13) || code === 32,
  upper,
  word: isWord,
  xdigit: within(['0', '9'], ['a', 'f'], ['A', 'F']),
}

/** A class by its POSIX name, as in `[[:alpha:]]`. */
export function classOf(name: string): Test | undefined {
  return Object.hasOwn(posix, name) ? posix[name] : undefined
}

/** A class by its Perl letter, as in `\d`. */
export function escapeInClass(letter: string): Test | undefined {
  const base = letter.toLowerCase()
  const test = base === 'd' ? digit : base === 's' ? space : base === 'w' ? isWord : undefined
  if (!test || letter === base) return test
  return (code) => !test(code)
}

/** A general category (`L`, `Lu`) or script (`Greek`) of Unicode. */
export function unicodeClass(name: string): Test | undefined {
  if (!/^[A-Za-z_]{1,40}$/.test(name)) return undefined
  if (name === 'Any') return () => true
  for (const property of [name, `Script=${name}`]) {
    try {
      const expression = new RegExp(`^\\p{${property}}$`, 'u')
      return (code) => code <= 0x10ffff && expression.test(String.fromCodePoint(code))
    } catch {
      // No such property: perhaps it is a script.
    }
  }
  return undefined
}

/** The same class without regard to case. */
export function foldedTest(test: Test): Test {
  return (code) => {
    if (test(code)) return true
    const text = code <= 0x10ffff ? String.fromCodePoint(code) : ''
    return [text.toLowerCase(), text.toUpperCase()].some((other) => {
      const [only, more] = [...other]
      return only !== undefined && more === undefined && test(only.codePointAt(0) ?? 0)
    })
  }
}
