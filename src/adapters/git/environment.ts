/** A token in the environment of one git process; the header is sent to this URL only. */
export type GitCredential = { readonly url: string; readonly token: string }

/** Variables that a program needs to reach the network through a proxy or a private authority. Not secrets of ours. */
const NETWORK = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
]

/** Configuration of every git process: no hooks, no helpers, no submodules, no surprise from the machine. */
const FIXED: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.symlinks', 'false'],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.quotePath', 'false'],
  ['credential.helper', ''],
  ['protocol.allow', 'never'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  // The commands here read objects; none runs what the folder's owner configured.
  ['safe.directory', '*'],
]

/**
 * The whole environment of a git process. Nothing is inherited but `PATH` and what a proxy needs.
 * A token is passed here and nowhere else: arguments, URLs and files can be read by others.
 *
 * @param allow protocols that may be used, `https`, `http` or `file`; none by default
 */
export function gitEnvironment(options: {
  readonly allow?: readonly string[]
  readonly credential?: GitCredential | undefined
}): Record<string, string> {
  const { allow = [], credential } = options
  const settings = [...FIXED, ...allow.map((name) => [`protocol.${name}.allow`, 'always'] as const)]
  if (credential) {
    settings.push([`http.${credential.url}.extraHeader`, `Authorization: Basic ${basic(credential.token)}`])
  }
  const environment: Record<string, string> = {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_CONFIG_COUNT: String(settings.length),
  }
  settings.forEach(([key, value], index) => {
    environment[`GIT_CONFIG_KEY_${index}`] = key
    environment[`GIT_CONFIG_VALUE_${index}`] = value
  })
  if (credential) {
    for (const name of NETWORK) {
      const value = process.env[name]
      if (value !== undefined) environment[name] = value
    }
  }
  return environment
}

/** Takes a token, in clear and as it is sent, out of a text. */
export function redact(text: string, token: string | undefined): string {
  if (!token) return text
  return text.replaceAll(token, '***').replaceAll(basic(token), '***')
}

function basic(token: string): string {
  return Buffer.from(`x-access-token:${token}`).toString('base64')
}
