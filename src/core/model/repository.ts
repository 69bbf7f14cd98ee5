/** A repository on GitHub. */
type Named = { readonly owner: string; readonly name: string }

/** `owner/name`. */
export function fullName({ owner, name }: Named): string {
  return `${owner}/${name}`
}

/** Is it the same repository? Letter case doesn't count on GitHub. */
export function sameRepository(one: Named, other: Named): boolean {
  return fullName(one).toLowerCase() === fullName(other).toLowerCase()
}
