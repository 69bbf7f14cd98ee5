import type { FieldFault } from '../model/refusal.ts'
import { compilePattern, type Pattern } from './pattern.ts'
import type { Path } from './structure.ts'

/** Thrown when schema and object together are more work than a preview is worth. */
export class TooMuchWork extends Error {}

const maxFaults = 100
/** About a second. */
const maxWork = 5_000_000
const trialWork = 20

/** What one check finds, and how much work is left to it: object and schema both come from a pull request. */
export class Findings {
  readonly faults: FieldFault[] = []
  readonly notChecked = new Set<string>()
  /** How often it could not be told whether a value is right. */
  unsure = 0
  #left: number
  readonly #patterns: Map<string, Pattern | undefined>

  constructor(work = maxWork, patterns: Map<string, Pattern | undefined> = new Map()) {
    this.#left = work
    this.#patterns = patterns
  }

  /** Counts a step. Throws {@link TooMuchWork}. */
  work(steps = 1): void {
    this.#left -= steps
    if (this.#left < 0) throw new TooMuchWork()
  }

  /** Does the pattern occur in the text? `undefined`: nobody can say. */
  matches(pattern: string, text: string): boolean | undefined {
    if (!this.#patterns.has(pattern)) {
      this.work(pattern.length)
      this.#patterns.set(pattern, compilePattern(pattern))
    }
    const found = this.#patterns.get(pattern)
    if (!found) return undefined
    this.work((found.size * text.length) / 20)
    return found.matches(text)
  }

  fault(path: Path, message: string): void {
    const key = JSON.stringify(path)
    const known = this.faults.some((each) => each.message === message && JSON.stringify(each.path) === key)
    if (!known && this.faults.length < maxFaults) this.faults.push({ path, message })
  }

  skip(sentence: string): void {
    this.unsure += 1
    this.notChecked.add(sentence)
  }

  /** Findings of a trial, which count only if the caller says so; the work counts always. */
  trial(attempt: (findings: Findings) => void): Findings {
    this.work(trialWork)
    const findings = new Findings(this.#left, this.#patterns)
    attempt(findings)
    this.#left = findings.#left
    for (const sentence of findings.notChecked) this.notChecked.add(sentence)
    this.unsure += findings.unsure
    return findings
  }
}
