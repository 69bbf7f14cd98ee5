import { isAbsolute, join, relative, sep } from 'node:path'
import { writtenObjects } from '../../core/manifests/find-line.ts'

/** The file, from the repository's root, that the object with this identity comes from. */
export type OriginOf = (identity: string | undefined) => string | undefined

/** Kustomize writes one object a document, and everything inside of one is indented. */
export function splitDocuments(output: string): readonly string[] {
  return output.split(/^---$/m).filter((text) => text.trim() !== '')
}

/**
 * The files of objects whose kind and name are written in exactly one of these files (or in one with their namespace).
 * What kustomize renames or generates isn't found this way.
 */
export function originsByName(files: ReadonlyMap<string, string>): OriginOf {
  const written = new Map<string, { readonly path: string; readonly namespace: string | undefined }[]>()
  for (const [path, text] of files) {
    for (const { kind, name, namespace } of writtenObjects(text)) {
      const key = `${kind}\n${name}`
      written.set(key, [...(written.get(key) ?? []), { path, namespace }])
    }
  }
  return (identity) => {
    const [, kind, namespace, name] = (identity ?? '').split('\n')
    const all = written.get(`${kind}\n${name}`) ?? []
    const paths = new Set(all.map((each) => each.path))
    const exact = new Set(all.filter((each) => (each.namespace ?? '') === namespace).map((each) => each.path))
    const certain = paths.size === 1 ? paths : exact
    return certain.size === 1 ? [...certain][0] : undefined
  }
}

/** Reads the origins that kustomize wrote into its objects, relative to the folder that it was run on. */
export function originsOf(output: string, folder: string, root: string): OriginOf {
  const origins = new Map<string, string>()
  for (const text of splitDocuments(output)) {
    const identity = identityOfText(text)
    const origin = /^ {4}config\.kubernetes\.io\/origin: \|-?\n((?: {6}.*\n?)+)/m.exec(metadataOf(text))?.[1]
    // An object of a generator names the kustomization; one of a remote base has no file here.
    const path = /^ {6}(?:path|configuredIn): (.*)$/m.exec(origin ?? '')?.[1]
    if (!identity || path === undefined || / {6}repo: /.test(origin ?? '')) continue
    const inside = relative(root, join(folder, unquoted(path)))
    if (!isAbsolute(inside) && !inside.startsWith('..')) origins.set(identity, inside.split(sep).join('/'))
  }
  return (identity) => (identity === undefined ? undefined : origins.get(identity))
}

/**
 * What tells the objects of one render apart, as kustomize writes it: block style, two spaces. Read as text, since
 * parsing everything once more would take longer than the render.
 */
export function identityOfText(text: string): string | undefined {
  const metadata = metadataOf(text)
  const find = (pattern: RegExp, from: string): string => unquoted(pattern.exec(from)?.[1] ?? '')
  const name = find(/^ {2}name: (.*)$/m, metadata)
  if (name === '') return undefined
  const namespace = find(/^ {2}namespace: (.*)$/m, metadata)
  return [find(/^apiVersion: (.*)$/m, text), find(/^kind: (.*)$/m, text), namespace, name].join('\n')
}

function metadataOf(text: string): string {
  return /^metadata:\n((?: .*\n?)+)/m.exec(text)?.[1] ?? ''
}

function unquoted(value: string): string {
  return value.replace(/^(["'])(.*)\1$/, '$2')
}
