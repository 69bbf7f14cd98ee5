import type { FieldRule } from '../model/app.ts'
import { stringifyJson } from '../model/json.ts'
import { isArray, isObject, type Json, type KubeObject } from '../model/object.ts'
import { lastApplied } from './mask.ts'
import { isBase64, replaceSensitive } from './sensitive.ts'

/** What is JSON inside of JSON inside of base64 is looked into this deep. */
const deepest = 3

/** A shorter part of a value is found in too many texts by chance. */
const shortestPart = 4

const mostLines = 200

/** A longer value is not looked for in every way to write it. */
const longest = 100_000

/**
 * The sensitive values of objects, in each way in which a text may quote them: plain, by the line, base64, escaped as in
 * JSON (once and twice), in Go's `%q` and in a URL, and what is inside of values that are JSON or base64 themselves.
 */
export function secretTexts(objects: readonly KubeObject[], rules: readonly FieldRule[]): ReadonlySet<string> {
  const plain = new Set<string>()
  for (const object of [...objects, ...objects.flatMap(appliedLast)]) {
    replaceSensitive(object, rules, (value, encoded) => {
      collect(value, encoded, plain, 0)
      return null
    })
  }
  return new Set([...plain].flatMap(waysToWrite).filter((text) => text.length > 0))
}

/** kubectl's copy may hold values of before. */
function appliedLast(object: KubeObject): readonly KubeObject[] {
  const copy = object.metadata.annotations?.[lastApplied]
  const fields = typeof copy === 'string' ? parsed(copy) : undefined
  return isObject(fields) ? [{ ...fields, ...identity(object) }] : []
}

function identity({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } }
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function collect(value: Json | undefined, encoded: boolean, found: Set<string>, depth: number): void {
  // Not recursive: JSON in a value may be nested as deep as its author likes.
  const open: (Json | undefined)[] = [value]
  while (open.length > 0) {
    const each = open.pop()
    if (isArray(each)) for (const item of each) open.push(item)
    else if (isObject(each)) for (const item of Object.values(each)) open.push(item)
    else if (typeof each === 'string') collectText(each, encoded && each === value, found, depth)
    else if (typeof each === 'number' || typeof each === 'bigint') found.add(stringifyJson(each))
  }
}

function collectText(text: string, encoded: boolean, found: Set<string>, depth: number): void {
  if (depth > 0 && text.length < shortestPart) return
  found.add(text)
  const lines = text.split(/\r?\n/, mostLines + 1)
  // The lines of a long text are found as parts of it.
  for (const line of lines.length > mostLines ? [text] : [text, ...lines]) {
    if (line.trim().length >= shortestPart) found.add(line.trim())
  }
  if (depth >= deepest) return
  if (text.length >= shortestPart && isBase64(text)) {
    const decoded = Buffer.from(text, 'base64').toString('utf8')
    // Nearly all that only looks like base64 decodes to what is no UTF-8.
    if (encoded || !decoded.includes('\ufffd')) collectText(decoded, false, found, encoded ? depth : depth + 1)
  }
  if (/^\s*[[{"]/.test(text)) collect(parsed(text), false, found, depth + 1)
}

function waysToWrite(text: string): readonly string[] {
  const base64 = Buffer.from(text, 'utf8').toString('base64')
  if (text.length > longest) return [text, base64]
  const json = JSON.stringify(text).slice(1, -1)
  const url = encodeURIComponent(text.toWellFormed())
  const ways = [
    text,
    json,
    JSON.stringify(json).slice(1, -1),
    // Go's JSON escapes what HTML would take for markup.
    json.replace(/[<>&]/g, (found) => `\\u00${found.charCodeAt(0).toString(16)}`),
    goQuoted(text),
    url,
    url.replaceAll('%20', '+'),
  ]
  // The base64 of a few bytes is in any text.
  if (text.length < shortestPart) return ways
  // As a part of what is encoded, a value may begin at any of three places.
  const inside = [1, 2].map((shift) =>
    Buffer.from(' '.repeat(shift) + text, 'utf8')
      .toString('base64')
      .slice(4, -4),
  )
  const encoded = [base64, ...inside].flatMap((each) => [each, each.replaceAll('+', '-').replaceAll('/', '_')])
  return [...ways, ...encoded.filter((each) => each.length >= shortestPart)]
}

/** Like `%q` of Go (strconv.Quote), without the quotes. */
function goQuoted(text: string): string {
  return text.replace(/["\\]|[^\P{C}]/gu, (found) => {
    if (found === '"' || found === '\\') return `\\${found}`
    const short = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\u0007': '\\a', '\b': '\\b', '\f': '\\f', '\v': '\\v' }
    const code = found.codePointAt(0) ?? 0
    if (found in short) return short[found as keyof typeof short]
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}
