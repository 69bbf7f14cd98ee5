/** What Go's `url.ParseRequestURI` takes: an absolute URI or an absolute path. */
export function isUri(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (text === '' || /[\x00-\x1f\x7f]/.test(text)) return false
  if (text === '*') return true
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:/.exec(text)?.[0] ?? ''
  const [rest = ''] = text.slice(scheme.length).split('?')
  // What follows the scheme directly is opaque.
  if (!rest.startsWith('/')) return scheme !== ''
  // Without a scheme, two slashes are a path.
  if (!rest.startsWith('//') || scheme === '') return isEscaped(rest)
  const [, authority = '', path = ''] = /^\/\/([^/]*)(.*)$/s.exec(rest) ?? []
  return isAuthority(authority) && isEscaped(path)
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf('@')
  const user = at < 0 ? '' : authority.slice(0, at)
  const host = authority.slice(at + 1)
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user) || !isEscaped(user)) return false
  const bracketed = /^\[([^\]]*)\](:\d*)?$/.exec(host)
  if (host.startsWith('[')) return bracketed !== null && isHost(bracketed[1] ?? '')
  // Only the last colon begins a port.
  const colon = host.lastIndexOf(':')
  if (colon >= 0 && !/^\d*$/.test(host.slice(colon + 1))) return false
  return isHost(colon >= 0 ? host.slice(0, colon) : host)
}

/** In a host only characters beyond ASCII may be escaped, and those that Go lets through. */
function isHost(host: string): boolean {
  if (!isEscaped(host)) return false
  const escapes = host.match(/%../g) ?? []
  if (!escapes.every((each) => /^%([89a-f].|25)$/i.test(each))) return false
  return /^[^ \\^`{|}#/?@]*$/.test(host)
}

function isEscaped(text: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/.test(text)
}

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]+"
const local = new RegExp(`^(?:${atom}(?:\\.${atom})*|"(?:[^"\\\\\\r\\n]|\\\\[\\x20-\\x7e])+")$`, 'u')
const domain = new RegExp(`^${atom}(?:\\.${atom})*$`, 'u')
const displayName = new RegExp(
  `^(?:${atom.replace(/^\[/, '[. ').replace(/\+$/, '')}|"(?:[^"\\\\\\r\\n]|\\\\.)*")*$`,
  'u',
)

/**
 * What Go's `mail.ParseAddress` takes: `ann@example.com`, `Ann <ann@example.com>`. `undefined` for comments and groups,
 * which are not read here.
 */
export function isEmail(text: string): boolean | undefined {
  if (text.length > 1000 || /[(]|:.*;/s.test(text)) return undefined
  const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, '')
  const named = /^([^<]*)<([^<>]*)>$/.exec(trimmed)
  if (named) return isShortName(named[1] ?? '') && isAddress(named[2] ?? '')
  return isAddress(trimmed)
}

function isShortName(name: string): boolean {
  return name.length <= 200 && displayName.test(name.replace(/[ \t]+/g, ' '))
}

function isAddress(address: string): boolean {
  const at = address.lastIndexOf('@')
  if (at < 1 || !local.test(address.slice(0, at))) return false
  const where = address.slice(at + 1).replace(/^[ \t]+/, '')
  return domain.test(where) || /^\[[0-9a-fA-F.:]+\]$/.test(where)
}
