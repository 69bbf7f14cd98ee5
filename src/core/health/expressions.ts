import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js'
import type { HealthExpression } from '../model/app.ts'
import type { Health } from '../model/health.ts'
import type { Json, LiveObject } from '../model/object.ts'
import { compilePattern, type Pattern } from '../schema/pattern.ts'
import { because, behind, condition, degraded, healthy, progressing } from './status.ts'

/**
 * CEL has no loops but its macros over lists and maps, so these bound what an expression can cost: its size, how deep
 * macros are nested, and how many items a list or map has. Patterns are matched in linear time, as CEL's definition wants
 * it (RE2).
 */
const maxLength = 2000
const maxNesting = 2
const macros = new Set(['all', 'exists', 'exists_one', 'map', 'filter', 'sortBy'])
const maxItems = 1000
/** Where a macro is inside of another one, which multiplies the work. */
const maxItemsNested = 200
/** Work of all patterns of one evaluation, as {@link Pattern.size} times characters: about 0.3 s. */
const maxMatching = 5_000_000

/** What replaces the library's own functions, which can't be redefined: see `parse`. */
const bounded: ReadonlyMap<string, string> = new Map([
  ['matches', 'matchesLinear'],
  ['split', 'splitBounded'],
])

const environment = new Environment({
  enableOptionalTypes: true,
  limits: { maxAstNodes: 500, maxDepth: 50 },
})
  .registerVariable('object', 'dyn')
  .registerFunction('string.matchesLinear(string): bool', linear)
  .registerFunction('string.splitBounded(string): list<string>', split)
  .registerFunction('string.splitBounded(string, int): list<string>', split)

/** `maxItems`: of each list and map that it may see. */
type Program = { readonly run: ParseResult; readonly maxItems: number }
type Compiled = { readonly healthy: Program; readonly degraded?: Program }

/** An expression is compiled once for as long as its configuration is in use. */
const compiled = new WeakMap<HealthExpression, Compiled>()

const patterns = new Map<string, Pattern | undefined>()
let matching = 0

function linear(text: string, pattern: string): boolean {
  if (patterns.size > 1000) patterns.clear()
  if (!patterns.has(pattern)) patterns.set(pattern, compilePattern(pattern))
  const compiled = patterns.get(pattern)
  matching += (compiled?.size ?? 0) * (text.length + 1)
  const found = matching > maxMatching ? undefined : compiled?.matches(text)
  if (found === undefined) throw new RangeError('the text is too long for its pattern')
  return found
}

/** As the library's: what is beyond the limit stays in the last part. */
function split(text: string, separator: string, limit = -1n): readonly string[] {
  const parts = text.split(separator, maxItemsNested + 1)
  if (parts.length > maxItemsNested) throw new RangeError(`split() makes more than ${maxItemsNested} parts`)
  const most = Number(limit)
  if (most < 0 || parts.length <= most) return parts
  return most === 0 ? [] : [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)]
}

/** Calls are renamed where the library has read them, before it looks for their functions: no way of writing hides one. */
function parse(expression: string): ParseResult {
  const program = environment.parse(expression)
  rename(program.ast)
  return program
}

function rename(node: ASTNode): void {
  const args = node.args as unknown[]
  const other = node.op === 'rcall' ? bounded.get(String(args[0])) : undefined
  if (other) args[0] = other
  for (const each of nodesIn(node)) rename(each)
}

function nodesIn(node: ASTNode): readonly ASTNode[] {
  return ([node.args].flat(3) as unknown[]).filter(isNode)
}

/**
 * What is wrong with a CEL expression on `object`, in one sentence; `undefined`: nothing. It must parse, use only what
 * is known, be able to come out as true or false, and be bounded.
 */
export function celFault(expression: string): string | undefined {
  if (expression.length > maxLength) return `it is longer than ${maxLength} characters`
  const checked = environment.check(expression)
  if (!checked.valid) return firstLine(checked.error)
  const type = String(checked.type)
  if (type !== 'bool' && type !== 'dyn') return `it is a ${type}, not true or false`
  return unbounded(environment.parse(expression).ast)
}

/**
 * Health by a rule of the configuration. A status of an older generation is waited out first. An expression that can't
 * be evaluated (a field isn't there yet) is not fulfilled: `healthy` says so, `degraded` is passed over.
 */
export function byExpressions(object: LiveObject, rule: HealthExpression): Health {
  const waiting = behind(object)
  if (waiting) return waiting
  const programs = compiledOf(rule)
  if (programs.degraded && outcome(programs.degraded, object).value === true) {
    return degraded(ownWords(object) ?? `fulfils \`${short(rule.degraded ?? '')}\``)
  }
  const { value, fault } = outcome(programs.healthy, object)
  if (value === true) return healthy()
  const why = fault ?? (typeof value === 'boolean' ? ownWords(object) : 'it is not true or false')
  return progressing(`not yet \`${short(rule.healthy)}\`${why ? ` (${why})` : ''}`)
}

/** The rule for a kind, if the configuration has one; the last one wins. */
export function expressionFor(
  group: string,
  kind: string,
  rules: readonly HealthExpression[] | undefined,
): HealthExpression | undefined {
  return rules?.findLast((rule) => rule.group === group && rule.kind === kind)
}

function compiledOf(rule: HealthExpression): Compiled {
  const known = compiled.get(rule)
  if (known) return known
  const programs: Compiled = {
    healthy: programOf(rule.healthy),
    ...(rule.degraded === undefined ? {} : { degraded: programOf(rule.degraded) }),
  }
  compiled.set(rule, programs)
  return programs
}

function programOf(expression: string): Program {
  const run = parse(expression)
  return { run, maxItems: nesting(run.ast) > 1 ? maxItemsNested : maxItems }
}

function outcome({ run, maxItems }: Program, object: LiveObject): { value?: unknown; fault?: string } {
  try {
    matching = 0
    return { value: run({ object: celValue(object, maxItems) }) as unknown }
  } catch (cause) {
    return { fault: firstLine(cause) }
  }
}

/** To CEL a JavaScript number is a double; integers have to be bigint, or `+ 1` and `% 2` fail. */
function celValue(value: Json | undefined, most: number): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  const what = Array.isArray(value) ? 'list' : 'map'
  if (entries.length > most) throw new RangeError(`a ${what} of it has more than ${most} items, too many for this rule`)
  if (Array.isArray(value)) return value.map((each) => celValue(each, most))
  return Object.fromEntries(entries.map(([key, each]) => [key, celValue(each, most)]))
}

/** The message of a condition that isn't true, where the object has one. */
function ownWords(object: LiveObject): string | undefined {
  const found = ['Ready', 'Available', 'Succeeded'].map((type) => condition(object, type)).find(Boolean)
  return found && found.status !== 'True' ? because(found) : undefined
}

/** How deep macros are inside of macros. */
function nesting(node: ASTNode): number {
  const own = macros.has(nameOf(node) ?? '') ? 1 : 0
  return own + Math.max(0, ...nodesIn(node).map(nesting))
}

function nameOf(node: ASTNode): string | undefined {
  return node.op === 'rcall' || node.op === 'call' ? String((node.args as unknown[])[0]) : undefined
}

function unbounded(node: ASTNode, inMacro = false): string | undefined {
  const name = nameOf(node)
  const inside = inMacro || macros.has(name ?? '')
  if (nesting(node) > maxNesting) return `its macros are nested more than ${maxNesting} deep`
  // Lists could be doubled over and over.
  if (name === 'bind') return 'bind() is not available'
  if (inside && node.op === '+' && !isShort(node)) return 'inside a macro, one side of + has to be a number or a text'
  if (name === 'matches') {
    const pattern = node.op === 'rcall' ? (node.args as unknown as [string, ASTNode, ASTNode[]])[2][0] : undefined
    if (pattern?.op !== 'value' || typeof pattern.args !== 'string') return 'matches() needs a pattern in quotes'
    if (!compilePattern(pattern.args)) return `its pattern ${pattern.args} is not a regular expression`
  }
  for (const each of nodesIn(node)) {
    const fault = unbounded(each, inside)
    if (fault) return fault
  }
  return undefined
}

/** Surely no list: what is added to a number or a text is one. */
function isShort(node: ASTNode): boolean {
  if (node.op === 'value' || nameOf(node) === 'size') return true
  return node.op === '+' && node.args.some(isShort)
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}

function firstLine(thrown: unknown): string {
  return ((thrown as Error | undefined)?.message ?? 'it can not be read').split('\n')[0] ?? ''
}

function short(expression: string): string {
  return expression.length > 120 ? `${expression.slice(0, 119)}…` : expression
}
