import { stringifyJson } from '../../core/model/json.ts'
import { fullName } from '../../core/model/repository.ts'

/** PostgreSQL has no NUL in text and neither NUL nor half a surrogate pair in jsonb; each becomes this character. */
const REPLACEMENT = '\ufffd'

/** Text that PostgreSQL can hold. */
export function storable(text: string): string {
  return text.replaceAll('\0', REPLACEMENT).toWellFormed()
}

/** A value as JSON that jsonb accepts. */
export function storableJson(value: unknown): string {
  // Only these are escaped; an escaped backslash is passed over, so that a literal \u0000 stays.
  return stringifyJson(value).replaceAll(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, (found) =>
    found.length > 2 ? '\\ufffd' : found,
  )
}

/** Replaces `null` columns by absent fields, as the records of the ports have them. */
export function present<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}

/** A `bigint` column as a number; ids of GitHub are far below 2^53. */
export function toNumber(value: string | number | null): number | null {
  return value === null ? null : Number(value)
}

/** `owner/name`, as repositories are stored. */
export function repositoryText(repository: { readonly owner: string; readonly name: string }): string {
  return storable(fullName(repository))
}

/** The other way round. */
export function repositoryName(text: string): { readonly owner: string; readonly name: string } {
  const slash = text.indexOf('/')
  return { owner: text.slice(0, slash), name: text.slice(slash + 1) }
}
