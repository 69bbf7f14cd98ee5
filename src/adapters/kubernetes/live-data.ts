import { isArray, isObject, type Json, type KubeObject } from '../../core/model/object.ts'

/** A longer value helps nobody in a message. */
const longest = 200

/**
 * Takes out what tells of the live object more than its manifest does: some kinds answer with a diff against it, others
 * write out the merged value. Such a value stays when it is short and all of it was sent.
 */
export function withoutLiveData(text: string, sent: KubeObject | undefined): string {
  const diff = text.indexOf('\n@@ ')
  const said = diff < 0 ? text : text.slice(0, diff)
  const declared = new Set(leaves(sent))
  let result = ''
  let at = 0
  for (const { 0: words, index } of said.matchAll(/\b(?:Invalid|Unsupported|Duplicate) value: (?=[[{])/g)) {
    if (index < at) continue
    const start = index + words.length
    const dump = dumpAt(said, start)
    const shown = dump.length <= longest && isDeclared(dump, declared) ? dump : `${dump[0] === '[' ? '[…]' : '{…}'}`
    result += said.slice(at, start) + shown
    at = start + dump.length
  }
  return result + said.slice(at)
}

function isDeclared(dump: string, declared: ReadonlySet<string>): boolean {
  try {
    return leaves(JSON.parse(dump) as Json).every((leaf) => declared.has(leaf))
  } catch {
    return false
  }
}

/** The JSON object or list that begins there, to its end or that of the text. */
function dumpAt(text: string, start: number): string {
  let depth = 0
  let inText = false
  for (let at = start; at < text.length; at += 1) {
    const each = text[at]
    if (inText && each === '\\') at += 1
    else if (each === '"') inText = !inText
    else if (!inText && (each === '{' || each === '[')) depth += 1
    else if (!inText && (each === '}' || each === ']')) {
      depth -= 1
      if (depth === 0) return text.slice(start, at + 1)
    }
  }
  return text.slice(start)
}

function leaves(value: Json | undefined): readonly string[] {
  if (isObject(value)) return Object.values(value).flatMap(leaves)
  if (isArray(value)) return value.flatMap(leaves)
  return value === undefined || value === null ? [] : [String(value)]
}
