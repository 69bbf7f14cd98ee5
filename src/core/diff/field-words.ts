import type { FieldChange } from '../model/change.ts'
import { at, isArray, isObject, type Json, textAt } from '../model/object.ts'
import { nameOfField } from './field-path.ts'
import { differences, escapePointer } from './fields.ts'
import { listWords } from './list-words.ts'

/** The words of one field. Those with a `list` can be said together with others of its noun: `env A, B added`. */
export type FieldWords = {
  readonly text: string
  readonly list?: { readonly noun: string; readonly name: string; readonly verb: string }
}

/** Longest value that stands in words, in characters. */
const SHORT = 60

const maps = /\/(labels|annotations|data|stringData|binaryData|limits|requests|resources|matchLabels|selector)$/
const lists = /\/(env|ports|volumes|volumeMounts|subjects|(?:initC|c|ephemeralC)ontainers)$/
const listKeys = ['name', 'containerPort', 'port', 'mountPath']
const listable = /^((?:.*: )?env|key|(?:pod )?(?:label|annotation)) (.+)$/

/** A map or keyed list that is there on one side only, as the fields that it holds; any other field is itself. */
export function eachField(field: FieldChange): readonly FieldChange[] {
  const { path, before, after, ...rest } = field
  if (before !== undefined && after !== undefined) return [field]
  const one = (step: string, value: Json) =>
    eachField({ ...rest, path: `${path}${step}`, ...(before === undefined ? { after: value } : { before: value }) })
  const whole = before ?? after
  if (isObject(whole) && maps.test(path) && Object.keys(whole).length > 0) {
    return Object.entries(whole).flatMap(([key, value]) =>
      value === undefined ? [] : one(`/${escapePointer(key)}`, value),
    )
  }
  if (!isArray(whole) || !lists.test(path)) return [field]
  const key = listKeys.find((each) => whole.length > 0 && whole.every((item) => at(item, each) !== undefined))
  if (key === undefined) return [field]
  return whole.flatMap((item) => one(`[${key}=${escapePointer(String(at(item, key)))}]`, item))
}

/** What happens to one field, in words; a masked value is never part of them. */
export function wordsOf(field: FieldChange): readonly FieldWords[] {
  const { path, before, after } = field
  const secret = [before, after].some((side) => (isArray(side) ? side.some(isMasked) : isMasked(side)))
  const name = nameOfField(path, secret)
  if (!secret && /ontainers\[name=[^\]]+\]\/image$/.test(path)) {
    return [{ text: `${name} ${movement(shortImage(before, after), shortImage(after, before))}` }]
  }
  if (path === '/spec/volumeClaimTemplates') return claimWords(before, after)
  const listed = secret ? undefined : listWords(field, name)
  if (listed) return listed.map((text) => ({ text }))
  const verb = verbOf(field)
  const [, noun, item] = listable.exec(name) ?? []
  const meta = noun !== undefined && !noun.endsWith('env') && noun !== 'key'
  const moved = (!meta && noun === undefined) || (meta && verb === 'changed')
  if (
    moved &&
    !secret &&
    (verb === 'changed' || !isData(path)) &&
    !isInside(path) &&
    isShort(before) &&
    isShort(after)
  ) {
    return [{ text: `${name} ${movement(before, after)}` }]
  }
  if (noun !== undefined && item !== undefined) return [{ text: `${name} ${verb}`, list: { noun, name: item, verb } }]
  return [{ text: `${numbered(name, before ?? after)} ${verb}${verb === 'added' ? detail(name, after) : ''}` }]
}

function isData(path: string): boolean {
  return /^\/(data|stringData|binaryData)\//.test(path)
}

/** A field inside an entry of `env` or of a schema counts as a change of the whole. */
function isInside(path: string): boolean {
  return /\/env\[[^\]]+\]\/|\/versions\[[^\]]+\]\/schema\//.test(path)
}

/** Is it a masked value, `(sensitive 1)`? Its number tells equal values from others, but means nothing in words. */
export function isMasked(value: Json | undefined): boolean {
  return typeof value === 'string' && /^\(sensitive \d+\)$/.test(value)
}

function verbOf({ path, before, after }: FieldChange): string {
  if (isInside(path)) return 'changed'
  if (before === undefined) return 'added'
  return after === undefined ? 'removed' : 'changed'
}

function movement(before: Json | undefined, after: Json | undefined): string {
  return `${show(before)} → ${show(after)}`
}

function show(value: Json | undefined): string {
  if (value === undefined) return 'none'
  const text = String(value)
  if (text === '') return '""'
  return text.length > SHORT ? `${text.slice(0, SHORT - 1).toWellFormed()}…` : text
}

function isShort(value: Json | undefined): boolean {
  if (value === undefined) return true
  return !isObject(value) && !isArray(value) && String(value).length <= SHORT && !String(value).includes('\n')
}

/** A port by its number too: `port http (8080)`. */
function numbered(name: string, value: Json | undefined): string {
  const number = at(value, 'containerPort') ?? at(value, 'port')
  if (!/\bport [^ ]+$/.test(name) || number === undefined || name.endsWith(` ${String(number)}`)) return name
  return `${name} (${String(number)})`
}

/** What a new entry is: the image of a container, the source of a volume, the address of a probe. */
function detail(name: string, value: Json | undefined): string {
  const image = textAt(value, 'image')
  if (image !== undefined && name.includes('container ')) return ` (image ${show(image)})`
  const path = textAt(value, 'httpGet', 'path')
  if (path !== undefined) return ` (GET ${show(path)})`
  if (name.startsWith('volume ') && isObject(value)) {
    const [kind, source] = Object.entries(value).find(([key]) => key !== 'name') ?? []
    const from = textAt(source, 'name') ?? textAt(source, 'secretName') ?? textAt(source, 'claimName')
    return kind === undefined ? '' : ` (${kind}${from === undefined ? '' : ` ${show(from)}`})`
  }
  const mountPath = textAt(value, 'mountPath')
  return mountPath === undefined || name.endsWith(mountPath) ? '' : ` at ${show(mountPath)}`
}

function claimWords(before: Json | undefined, after: Json | undefined): readonly FieldWords[] {
  const byName = (side: Json | undefined) =>
    new Map((isArray(side) ? side : []).map((claim) => [textAt(claim, 'metadata', 'name') ?? '', claim]))
  const [old, now] = [byName(before), byName(after)]
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name): readonly FieldWords[] => {
    const [one, other] = [old.get(name), now.get(name)]
    if (one === undefined || other === undefined) {
      return [{ text: `volume claim ${name} ${one === undefined ? 'added' : 'removed'}` }]
    }
    return differences(one, other)
      .flatMap(wordsOf)
      .map(({ text }) => ({ text: `volume claim ${name}: ${text}` }))
  })
}

/** Only the tag, where the repository of the image stays the same. */
function shortImage(image: Json | undefined, other: Json | undefined): Json | undefined {
  if (typeof image !== 'string' || typeof other !== 'string') return image
  const split = (text: string) => /^(.*?)([:@][^/]*)?$/.exec(text)
  const [one, two] = [split(image), split(other)]
  return one?.[1] === two?.[1] && one?.[2] ? one[2].slice(1) : image
}
