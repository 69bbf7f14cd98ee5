/**
 * What looks like a credential of GitHub: installation and user tokens (`ghs_…`, also the long form that ends in a JWT,
 * and the old `v1.…`), fine-grained tokens, JWTs, credentials in a URL, `Authorization` values, PEM keys.
 */
const credentials: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/g, '[redacted]'],
  [/\b(?:gh[a-z]_|github_pat_)[A-Za-z0-9_.-]+/g, '[redacted]'],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+/g, '[redacted]'],
  [/\bv1\.[0-9a-f]{40}\b/g, '[redacted]'],
  [/(\/\/)[^\s/@]+@/g, '$1[redacted]@'],
  [/\b(bearer|token|basic)\s+[A-Za-z0-9_.~+/=-]{16,}/gi, '$1 [redacted]'],
]

/** A text without credentials, safe to log and to show. */
export function redact(text: string): string {
  return credentials.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), text)
}
