import picomatch from 'picomatch'

/**
 * Why a text can't be a glob here, or `undefined` when it can. Globs come from pull requests of strangers: what makes
 * a regular expression slow (groups, many wildcards in one segment) is left out of the language.
 */
export function globFault(glob: string): string | undefined {
  if (glob === '' || glob.length > 256) return 'must be a glob of 1 to 256 characters'
  if (!/^[A-Za-z0-9._/*?{},[\]@ -]+$/.test(glob))
    return 'must be a glob of names, `/`, `*`, `**`, `?`, `{a,b}`, `[abc]`'
  const wide = glob.match(/\*\*/g)?.length ?? 0
  const busy = glob.split('/').some((segment) => (segment.replaceAll('**', '').match(/\*/g)?.length ?? 0) > 2)
  if (wide > 3 || busy) return 'must not hold more than three `**`, nor more than two `*` between slashes'
  if ((glob.match(/\{/g)?.length ?? 0) > 2 || (glob.match(/\[/g)?.length ?? 0) > 4) return 'holds too many alternatives'
  return undefined
}

/**
 * A test for texts that one of these globs matches: `*` within one segment, `**` across segments, `{a,b}`, `[abc]`.
 * Without globs nothing matches.
 */
export function matcher(
  globs: readonly string[],
  options: { readonly ignoreCase?: boolean } = {},
): (text: string) => boolean {
  if (globs.length === 0) return () => false
  return picomatch([...globs], { nocase: options.ignoreCase ?? false, dot: true, strictSlashes: true, noextglob: true })
}
