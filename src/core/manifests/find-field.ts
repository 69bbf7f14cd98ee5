import { at, type Json, textAt } from '../model/object.ts'
import { plain } from './find-line.ts'
import type { ValuePath } from './positions.ts'

/** Lines (numbers from 0) that belong to one value, and how far its keys or dashes are indented. */
type Block = { readonly first: number; readonly end: number; readonly indent: number }

/**
 * The line, from 1, of a field inside an object that is written in a file, read as text by its indentation: the file
 * may be a template. As far as the path is written there; what templates and patches put in is not.
 *
 * @param line where the object is written, from 1
 * @param object as it was rendered: items of lists are recognised by their names
 */
export function findField(original: string, line: number, object: Json, path: ValuePath): number {
  const lines = original.split('\n')
  let block = objectBlock(lines, line - 1)
  if (!block || !isKind(lines, block, textAt(object, 'kind'))) return line
  let found = block.first
  let value: Json | undefined = object
  for (const step of path) {
    value = at(value, step)
    const inner: Block | undefined =
      typeof step === 'string' ? keyBlock(lines, block, step) : itemBlock(lines, block, step, textAt(value, 'name'))
    if (!inner) break
    found = inner.first
    // What is below a key begins on the next line; an item on its own.
    const below: Block | undefined = typeof step === 'string' ? childBlock(lines, inner) : inner
    if (!below) break
    block = below
  }
  return found + 1
}

/** The object around its first key, which may stand behind the dash of a list. */
function objectBlock(lines: readonly string[], first: number): Block | undefined {
  const indent = indentOf(lines[first] ?? '')
  if (indent === undefined) return undefined
  return { first, end: endOf(lines, first + 1, lines.length, indent), indent }
}

function isKind(lines: readonly string[], block: Block, kind: string | undefined): boolean {
  const found = keyBlock(lines, block, 'kind')
  const written = found && plain(/:(.*)$/.exec(lines[found.first] ?? '')?.[1] ?? '')
  return written !== undefined && written === kind
}

/** The line of a key with all that is indented below it. */
function keyBlock(lines: readonly string[], block: Block, key: string): Block | undefined {
  for (let index = block.first; index < block.end; index++) {
    const content = withoutDash(lines[index] ?? '')
    if (index > block.first && !counts(content)) continue
    if (content.length - content.trimStart().length !== block.indent) continue
    const [, one, two, bare] = /^\s*(?:"([^"]*)"|'([^']*)'|([^\s"'{#:][^:]*?))\s*:(?:\s|$)/.exec(content) ?? []
    if ((one ?? two ?? bare) !== key) continue
    return { first: index, end: keyEnd(lines, index + 1, block.end, block.indent), indent: block.indent }
  }
  return undefined
}

/** What is below a key: deeper keys, or the items of a list, whose dashes may be no deeper than the key. */
function childBlock(lines: readonly string[], key: Block): Block | undefined {
  for (let first = key.first + 1; first < key.end; first++) {
    const line = lines[first] ?? ''
    if (!counts(line)) continue
    return { first, end: key.end, indent: line.length - line.trimStart().length }
  }
  return undefined
}

/** The item of a list: the one with this name; where names aren't written, the one at this index. */
function itemBlock(lines: readonly string[], list: Block, index: number, name: string | undefined): Block | undefined {
  const items: Block[] = []
  for (let first = list.first; first < list.end; first++) {
    const line = lines[first] ?? ''
    if (!counts(line) || line.length - line.trimStart().length !== list.indent || !/^\s*-(\s|$)/.test(line)) continue
    const indent = indentOf(line) ?? list.indent + 2
    items.push({ first, end: endOf(lines, first + 1, list.end, indent), indent })
  }
  const nameOf = (item: Block): string | undefined => {
    const key = keyBlock(lines, item, 'name')
    return key && plain(/:(.*)$/.exec(lines[key.first] ?? '')?.[1] ?? '')
  }
  const names = items.map(nameOf)
  const named = name === undefined ? -1 : names.indexOf(name)
  if (named >= 0) return items[named]
  // An item of another name is another item.
  const written = names[index]
  return name !== undefined && written ? undefined : items[index]
}

/** Where the lines end that are indented this far. */
function endOf(lines: readonly string[], from: number, limit: number, indent: number): number {
  for (let index = from; index < limit; index++) {
    const line = lines[index] ?? ''
    if (/^---/.test(line)) return index
    if (counts(line) && line.length - line.trimStart().length < indent) return index
  }
  return limit
}

/** Where a key's value ends: dashes of a list may stand right below the key. */
function keyEnd(lines: readonly string[], from: number, limit: number, indent: number): number {
  for (let index = from; index < limit; index++) {
    const line = lines[index] ?? ''
    if (/^---/.test(line)) return index
    if (!counts(line)) continue
    const depth = line.length - line.trimStart().length
    if (depth < indent || (depth === indent && !/^\s*-(\s|$)/.test(line))) return index
  }
  return limit
}

/** Is this more than a comment, an empty line or a template action? */
function counts(line: string): boolean {
  const content = line.trimStart()
  return content !== '' && !content.startsWith('#') && !content.startsWith('{{')
}

/** Column of the first key of a line, behind a dash too. */
function indentOf(line: string): number | undefined {
  const content = withoutDash(line)
  const start = content.search(/\S/)
  return start < 0 ? undefined : start
}

/** `- name: a` as `  name: a`. */
function withoutDash(line: string): string {
  return line.replace(/^(\s*)-(\s+)/, (_whole, before: string, after: string) => `${before} ${after}`)
}
