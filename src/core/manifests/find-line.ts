import { type Json, textAt } from '../model/object.ts'

/** An object as it is written in a file, read as text: the file may be a template that is no YAML. */
export type WrittenObject = {
  /** Line of the first key, from 1. */
  readonly line: number
  readonly kind: string | undefined
  /** What is written as `metadata.name`, without template actions. */
  readonly name: string | undefined
  readonly namespace: string | undefined
}

/**
 * Finds the line, from 1, of a file where a rendered object was most likely written. Names may have got a prefix or
 * suffix, and the file may be a template that is no YAML, so that text is compared: the same kind, then the longest
 * written name that is a part of the rendered one. 1 where nothing fits. The file is read once for all objects.
 */
export function objectFinder(original: string | undefined): (object: Json) => number {
  if (original === undefined) return () => 1
  const blocks = writtenObjects(original)
  const byKind = Map.groupBy(blocks, (block) => block.kind)
  const byName = new Map<string, WrittenObject>()
  for (const block of blocks) {
    const key = `${block.kind}\n${block.name}`
    if (!byName.has(key)) byName.set(key, block)
  }
  return (object) => {
    const kind = textAt(object, 'kind')
    const name = textAt(object, 'metadata', 'name') ?? ''
    const exact = byName.get(`${kind}\n${name}`)
    if (exact) return exact.line
    const sameKind = byKind.get(kind) ?? []
    const found = longest(sameKind, name) ?? sameKind[0]
    return found?.line ?? generatorLine(original, name) ?? blocks[0]?.line ?? 1
  }
}

function longest(blocks: readonly WrittenObject[], name: string): WrittenObject | undefined {
  let best: WrittenObject | undefined
  for (const block of blocks) {
    if (block.name && block.name.length > (best?.name?.length ?? 0) && name.includes(block.name)) best = block
  }
  return best
}

/** The objects that are written in a text, also as items of a list, in block style. */
export function writtenObjects(text: string): readonly WrittenObject[] {
  const found: WrittenObject[] = []
  let current: { -readonly [key in keyof WrittenObject]: WrittenObject[key] } | undefined
  let indent = 0
  let key = ''
  const finish = (nextIndent: number): void => {
    if (current) found.push(current)
    current = undefined
    indent = nextIndent
    key = ''
  }
  for (const [index, whole] of text.split('\n').entries()) {
    if (/^---/.test(whole)) {
      finish(0)
      continue
    }
    const item = /^( *)- [A-Za-z]/.exec(whole)
    const dash = item?.[1]?.length ?? -1
    // A dash below `items:` begins an object; one below any other key is a part of one.
    if (item && (indent === 0 ? key === 'items' : dash === indent - 2)) finish(dash + 2)
    else if (indent > 0 && /^[A-Za-z]/.test(whole)) finish(0)
    const content = item && dash + 2 === indent ? `${' '.repeat(indent)}${whole.slice(indent)}` : whole
    const [, spaces = '', name = '', value = ''] = /^( *)([A-Za-z]+):\s*(.*)$/.exec(content) ?? []
    if (name === '') continue
    if (spaces.length === indent) {
      key = name
      current ??= { line: index + 1, kind: undefined, name: undefined, namespace: undefined }
      if (key === 'kind') current.kind ??= plain(value)
      if (key === 'metadata') {
        current.name ??= flowValue(value, 'name')
        current.namespace ??= flowValue(value, 'namespace')
      }
    } else if (current && key === 'metadata' && spaces.length > indent && spaces.length <= indent + 4) {
      if (name === 'name') current.name ??= plain(value)
      if (name === 'namespace') current.namespace ??= plain(value)
    }
  }
  finish(0)
  return found
}

/** `{name: a, namespace: b}` */
function flowValue(value: string, key: string): string | undefined {
  const found = new RegExp(`[{,]\\s*"?${key}"?:\\s*([^,}]+)`).exec(value)?.[1]
  return found === undefined ? undefined : plain(found)
}

/** `name: web` of a generator in a kustomization, whose object gets a hash as suffix. */
function generatorLine(text: string, name: string): number | undefined {
  let best: { readonly line: number; readonly length: number } | undefined
  for (const [index, content] of text.split('\n').entries()) {
    const found = plain(/\bname:\s*([^,}\s]+)/.exec(content)?.[1] ?? '')
    if (found && name.includes(found) && found.length > (best?.length ?? 0)) {
      best = { line: index + 1, length: found.length }
    }
  }
  return best?.line
}

/** A written value without template actions, comment and quotes. */
export function plain(value: string): string {
  return value
    .replace(/\{\{.*?\}\}/g, '')
    .replace(/\s#.*$/, '')
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
}
