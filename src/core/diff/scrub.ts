import type { FieldRule } from '../model/app.ts'
import { isArray, isObject, type Json, type KubeObject } from '../model/object.ts'
import { plainWords } from './plain-words.ts'
import { secretTexts } from './secret-texts.ts'

const mask = '(sensitive)'

/** So many characters of a value in a row are no accident: what quotes a value may cut it or change its case. */
const telling = 6

/** A value of several words, quoted as a whole, goes even where each of its words may be said. */
const phrase = 12

/** Shorter values stand for themselves only as a whole word. */
const shortestInWord = 4

/**
 * Takes sensitive values out of what a server, a webhook or a policy says of an object. `objects` are the forms of that
 * one object whose values the text may quote: as it was sent, and as it is live.
 *
 * Of a Secret (CVE-2025-23216) quoted text goes as well, unless it is a name that the manifest shows anyway. What the server
 * says of every object stays: that a word of it is also a secret value must not be told.
 */
export function scrub(text: string, objects: readonly KubeObject[], rules: readonly FieldRule[] = []): string {
  const secrets = secretTexts(objects, rules)
  const secret = objects.find((object) => object.kind === 'Secret')
  if (secrets.size === 0 && !secret) return text
  const known = new Set(objects.flatMap(namesOf))
  const said = withoutDumps(text)
  const quoted = secret ? withoutQuotes(said, known) : said
  const words = new Set([...known].flatMap((name) => [...name.toLowerCase().matchAll(word)].map(([each]) => each)))
  return cover(quoted, secrets, (each) => plainWords.has(each) || words.has(each))
}

/** What is shown of an object in any case: its name and its keys; those below a masked value of a Secret are masked. */
function namesOf(object: KubeObject): readonly string[] {
  const { name, namespace } = object.metadata
  return [object.kind, name, namespace ?? '', ...keysOf(object, object.kind === 'Secret' ? 2 : 20)]
}

function keysOf(value: Json | undefined, depth: number): readonly string[] {
  if (depth === 0) return []
  if (isArray(value)) return value.flatMap((each) => keysOf(each, depth))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, each]) => [key, ...keysOf(each, depth - 1)])
}

/** A value of the wrong type is written out to the end of the message. */
function withoutDumps(text: string): string {
  return text.replace(/\bgot &[\s\S]*/, 'got another type')
}

/** Before names of webhooks, users and kinds. */
const naming = /\b(?:webhook|User|resource|API group|namespaces?|verb|unknown field|duplicate field) $/

function withoutQuotes(text: string, known: ReadonlySet<string>): string {
  return (
    text
      // As Go writes it, with escapes.
      .replace(/"((?:[^"\\]|\\.)*)"/gs, (all, inner: string, at: number) =>
        known.has(inner) || naming.test(text.slice(Math.max(0, at - 20), at)) ? all : `"${mask}"`,
      )
      .replace(/\b(character|rune) '(?:[^'\\]|\\.)+'/g, `$1 '${mask}'`)
  )
}

/** A word is masked as a whole or not at all: a rest of it would tell, too. */
const word = /[\p{L}\p{N}_-]+/gu

function cover(text: string, secrets: ReadonlySet<string>, harmless: (word: string) => boolean): string {
  const folded = fold(text)
  const values = new Set([...secrets].map(fold))
  const covered = new Uint8Array(text.length)
  const parts = partsOf(folded)
  for (const value of values) {
    if (value.length < telling) coverWhole(folded, value, covered)
    else {
      for (let at = 0; at + telling <= value.length; at += 1) {
        for (const place of parts.get(value.slice(at, at + telling)) ?? []) covered.fill(1, place, place + telling)
      }
    }
  }
  for (const { 0: found, index } of text.matchAll(word)) {
    const hit = covered.subarray(index, index + found.length).includes(1)
    if (hit) covered.fill(harmless(found.toLowerCase()) ? 0 : 1, index, index + found.length)
  }
  for (const value of values) if (value.length >= phrase) coverWhole(folded, value, covered)
  return written(text, covered)
}

/** Each run of telling length, with its places. */
function partsOf(text: string): ReadonlyMap<string, readonly number[]> {
  const parts = new Map<string, number[]>()
  for (let at = 0; at + telling <= text.length; at += 1) {
    const part = text.slice(at, at + telling)
    const places = parts.get(part)
    if (places) places.push(at)
    else parts.set(part, [at])
  }
  return parts
}

function coverWhole(text: string, value: string, covered: Uint8Array): void {
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + value.length)) {
    const end = at + value.length
    const apart = !inWord(text[at - 1]) && !inWord(text[end])
    if (value.length >= shortestInWord || apart) covered.fill(1, at, end)
  }
}

function inWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_-]/u.test(character)
}

/** In lower case without a change of length: a few letters have more than one when they are small. */
function fold(text: string): string {
  const small = text.toLowerCase()
  return small.length === text.length ? small : text.replace(/[A-Z]+/g, (found) => found.toLowerCase())
}

function written(text: string, covered: Uint8Array): string {
  let result = ''
  let at = 0
  while (at < text.length) {
    const end = covered.indexOf(1, at)
    if (end < 0) return result + text.slice(at)
    const next = covered.indexOf(0, end)
    result += text.slice(at, end) + mask
    at = next < 0 ? text.length : next
  }
  return result
}
