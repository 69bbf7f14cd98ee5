import { constructFromEvents, parseEvents, YAMLException } from 'js-yaml'
import type { Json } from '../model/object.ts'
import { checkValue, type NodeBudget } from './check-value.ts'
import { MAX_DEPTH, positionsOf, rootsOf, type ValuePath } from './positions.ts'
import { KUBERNETES_SCHEMA } from './schema.ts'

/** One document of a YAML text. */
export type YamlDocument = {
  readonly value: Json
  /** Line of its first key, from 1. */
  readonly line: number
  /** Line of the value at a path of keys and indices; of what holds it, where it isn't written there. */
  readonly lineOf: (path: ValuePath) => number
  /** What finds this document's places again, with `lineFinder`. */
  readonly root: number
}

/** Why a text can't be read. The message holds no value of the text. */
export type YamlFailure = {
  readonly line: number
  readonly message: string
  /** It could be read, but is more than is read. */
  readonly tooLarge?: true
}

const MAX_ALIASES = 100

/** Reads all documents of a text as kubectl would, or says what is wrong with it. Empty documents are left out. */
export function readDocuments(
  text: string,
  budget: NodeBudget = { left: 1_000_000, limit: 1_000_000 },
): { readonly documents: readonly YamlDocument[] } | { readonly failure: YamlFailure } {
  try {
    const events = parseEvents(text, { maxDepth: MAX_DEPTH })
    const values = constructFromEvents(events, { source: text, schema: KUBERNETES_SCHEMA, maxAliases: MAX_ALIASES })
    const positions = positionsOf(text, events)
    const documents: YamlDocument[] = []
    for (const [index, root] of rootsOf(events).entries()) {
      const value = values[index]
      if (value === null || value === undefined) continue
      const line = positions.lineOfRoot(root)
      const wrong = checkValue(value, budget, MAX_DEPTH)
      if (wrong) return { failure: { line, ...wrong } }
      documents.push({ value: value as Json, line, lineOf: (path) => positions.lineOf(root, path), root })
    }
    return { documents }
  } catch (error) {
    return { failure: failureOf(error) }
  }
}

function failureOf(error: unknown): YamlFailure {
  if (!(error instanceof YAMLException)) return { line: 1, message: 'this is not YAML that can be read' }
  const line = (error.mark?.line ?? 0) + 1
  const limit = LIMITS.find(({ pattern }) => pattern.test(error.reason))
  if (limit) return { line, message: limit.message, tooLarge: true }
  // Quoted text is of the file and could be a part of a secret.
  const message = error.reason.replace(/ ?"[^"]*"| ?!<[^>]*>/g, '')
  return { line, message }
}

/** The limits of the parser, in words. */
const LIMITS: readonly { readonly pattern: RegExp; readonly message: string }[] = [
  { pattern: /maxDepth/, message: `it is nested deeper than ${MAX_DEPTH} levels` },
  { pattern: /maxAliases/, message: `it uses more than ${MAX_ALIASES} aliases` },
  { pattern: /maxTotalMergeKeys/, message: 'it merges too many keys by <<' },
]
