import { z } from 'zod'
import { type Problem, problem } from '../model/errors.ts'
import { nearest } from './nearest.ts'
import type { YamlDocument } from './yaml-document.ts'

/** Where the values that a schema judged stand, and what they are called. */
type Origin = {
  readonly document: YamlDocument
  /** Path of the file. */
  readonly path: string
  readonly schema: z.ZodType
  /** Keys from the file's root to the value that was judged; the issues' paths start there. */
  readonly at?: readonly PropertyKey[]
  /** The value that was judged, when it isn't the document's. */
  readonly value?: unknown
}

/** Turns zod's issues into problems with a line each; an unknown key names the nearest known one. */
export function problemsOfIssues(issues: readonly z.core.$ZodIssue[], origin: Origin): readonly Problem[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? unknownKeys(issue, origin) : [one(issue, origin)],
  )
}

/** `apps[0].sync.prune` */
export function pathText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? String(step) : `.${String(step)}`
  }
  return text
}

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, origin: Origin): readonly Problem[] {
  const path = [...(origin.at ?? []), ...issue.path]
  const known = keysAt(origin.schema, issue.path)
  const place = path.length === 0 ? 'at the top of the file' : `in \`${pathText(path)}\``
  return issue.keys.map((key) => {
    const meant = nearest(key, known)
    const message = `Unknown key \`${shown(key)}\` ${place}${meant ? `; did you mean \`${meant}\`?` : '.'}`
    return problem('config-invalid', message, {
      source: { path: origin.path, line: origin.document.lineOf(path, key) },
      hint: meant ? undefined : `Known keys here: ${known.join(', ')}.`,
    })
  })
}

function one(issue: z.core.$ZodIssue, origin: Origin): Problem {
  const path = [...(origin.at ?? []), ...issue.path]
  const value = valueAt('value' in origin ? origin.value : origin.document.value, issue.path)
  const subject = path.length === 0 ? 'The file' : `\`${pathText(path)}\``
  return problem('config-invalid', `${subject} ${complaint(issue, value)}`, {
    source: { path: origin.path, line: origin.document.lineOf(path) },
    hint: hint(issue, value),
  })
}

function complaint(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return 'is missing.'
  const but = ` It is ${describe(value)}.`
  switch (issue.code) {
    case 'invalid_type':
      // A message of our own says more than the type.
      if (!issue.message.startsWith('Invalid input')) return `${issue.message}.${but}`
      return `must be ${types[issue.expected] ?? issue.expected}.${but}`
    case 'invalid_value':
      if (!issue.message.startsWith('Invalid')) return `${issue.message}.${but}`
      return `must be one of ${issue.values.map(String).join(', ')}.${but}`
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `must be at least ${issue.minimum}.${but}`
        : 'must not be empty.'
    case 'too_big':
      return `must be at most ${issue.maximum}${issue.origin === 'string' ? ' characters long' : issue.origin === 'array' ? ' items long' : ''}.${but}`
    case 'invalid_key':
      return `has a name that ${issue.issues[0]?.message ?? 'is not valid'}.`
    default:
      return `${issue.message}.${but}`
  }
}

const types: Readonly<Record<string, string>> = {
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a mapping of keys',
  record: 'a mapping of keys',
}

function hint(issue: z.core.$ZodIssue, value: unknown): string | undefined {
  if (issue.code === 'invalid_type' && issue.expected === 'string' && /number|boolean/.test(typeof value)) {
    return `Write it in quotes${typeof value === 'boolean' ? ': YAML reads `y`, `no`, `on` and the like as true or false' : ''}.`
  }
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const meant = nearest(value, issue.values.map(String))
    return meant ? `Did you mean \`${meant}\`?` : undefined
  }
  return undefined
}

/** A value as a message may show it: short, and nothing of what a list or a mapping holds. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a mapping'
  if (value === null) return 'empty'
  return typeof value === 'string' ? `"${shown(value)}"` : shown(String(value))
}

function shown(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}`]/gu, '?')
  return clean.length > 60 ? `${clean.slice(0, 60)}…` : clean
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined
    current = (current as Record<PropertyKey, unknown>)[step]
  }
  return current
}

/** The keys that a schema knows at a path. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const plain = unwrap(schema)
  const [step, ...rest] = path
  if (plain instanceof z.ZodObject) {
    if (step === undefined) return Object.keys(plain.shape)
    const next: z.core.$ZodType | undefined = plain.shape[String(step)]
    return next ? keysAt(next, rest) : []
  }
  if (plain instanceof z.ZodArray && step !== undefined) return keysAt(plain.element, rest)
  if (plain instanceof z.ZodRecord && step !== undefined) return keysAt(plain.valueType, rest)
  return []
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap())
  }
  return schema instanceof z.ZodPipe ? unwrap(schema.in) : schema
}
