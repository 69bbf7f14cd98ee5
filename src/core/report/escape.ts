/**
 * Makes text from a repository, a cluster or a person inert in Markdown on GitHub: no markup, link, mention, reference
 * or hidden comment comes of it, and it can't leave the code that it stands in.
 *
 * A mention or reference is cut by a zero-width space as Dependabot does: GitHub looks for them in the rendered text,
 * so that a backslash would not help. Zero-width characters that come from outside are made visible first, so that
 * those in a report are always ours.
 */

const CUT = '\u200b'

// What GitHub makes a mention, reference, address or emoji of. Cut behind; `www` is cut before its dot.
const LIVE = /@|#(?=\d)|GH-(?=\d)|:(?=\/\/)|www(?=\.)|:(?=[\w+-]+:)/gi

/** Longest piece of foreign text in one line, in code points. */
const LINE_LIMIT = 600

// Controls, format characters (bidi, zero-width, tags), separators, and fillers that show as nothing.
const UNSEEN = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\u034f|[\u115f\u1160\u2800\u3164\uffa0]|\u17b4|\u17b5|[\u{180b}-\u{180f}]/gu

/**
 * Shows what can't be seen: a control character by its picture (`␛`), any other as `‹U+202E›`. Line ends and tabs stay;
 * `\r\n` becomes `\n`.
 */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('\r\n', '\n')
    .replace(UNSEEN, (found) => {
      if (found === '\n' || found === '\t') return found
      const point = found.codePointAt(0) ?? 0
      if (point < 0x20) return String.fromCodePoint(0x2400 + point)
      return `‹U+${point.toString(16).toUpperCase().padStart(4, '0')}›`
    })
}

/** One visible line: white space folded, cut at `limit` code points with `…`. */
export function oneLine(text: string, limit = LINE_LIMIT): string {
  const line = visible(text).replace(/\s+/g, ' ').trim()
  // Only a string with more units than the limit can have more code points than it.
  if (line.length <= limit) return line
  const points = Array.from(line)
  return points.length <= limit ? line : `${points.slice(0, limit - 1).join('')}…`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  // As an entity, so that it can't be taken together with the backticks of code beside it.
  '`': '&#96;',
  // Math on GitHub begins with `$`, also after a backslash.
  $: '&#36;',
}

/**
 * A sentence as plain Markdown text, for a paragraph or list item. What stands between single backticks
 * stays code.
 */
export function text(raw: string, limit = LINE_LIMIT): string {
  return sentence(raw, limit, code)
}

/** Like {@link text}, for a table cell. */
export function cellText(raw: string, limit = LINE_LIMIT): string {
  return sentence(raw, limit, cellCode)
}

function sentence(raw: string, limit: number, inline: (part: string) => string): string {
  const parts = oneLine(raw, limit).split(/`([^`]+)`/)
  const written = parts.map((part, index) => (index % 2 === 1 ? inline(part) : words(part))).join('')
  // What would begin a heading, a list or an underline where the sentence begins a block.
  return written.replace(/^([-+#=]|\d+(?=[.)]))/, (found) => (/^\d/.test(found) ? `${found}\\` : `\\${found}`))
}

function words(raw: string): string {
  return raw
    .replace(LIVE, `$&${CUT}`)
    .replace(/[\\*_[\]~|]/g, (found) => `\\${found}`)
    .replace(/[&<>$`]/g, (found) => ESCAPES[found] ?? found)
}

/** Inline code of one line, for a paragraph or list item; empty text reads `(empty)`. */
export function code(raw: string, limit = LINE_LIMIT): string {
  const line = withoutMarker(oneLine(raw, limit))
  if (line === '') return '`(empty)`'
  const fence = '`'.repeat(longestRun(line) + 1)
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : ''
  return `${fence}${pad}${line}${pad}${fence}`
}

/** Inline code for a table cell too: there a `|` ends the cell even inside code. */
export function cellCode(raw: string, limit = LINE_LIMIT): string {
  return code(raw, limit)
    .replace(/\\(?=\|)/g, `\\${CUT}`)
    .replaceAll('|', '\\|')
}

/** A code block whose fence is longer than any run of backticks inside. */
export function fenced(raw: string, language: string): string {
  const body = withoutMarker(visible(raw)).replace(/\n+$/, '')
  const fence = '`'.repeat(Math.max(3, longestRun(body) + 1))
  return `${fence}${language}\n${body}\n${fence}`
}

/** Text inside a line of HTML (`<summary>`). */
export function html(raw: string, limit = LINE_LIMIT): string {
  return oneLine(raw, limit)
    .replace(LIVE, `$&${CUT}`)
    .replace(/[&<>"'$]/g, (found) => `&#${found.codePointAt(0)};`)
}

/** A link with inert text; only `https:` and `http:` addresses become one, else the text stands alone. */
export function link(label: string, url: string | undefined): string {
  const address = url === undefined ? undefined : URL.parse(url)
  if (!address || !/^https?:$/.test(address.protocol)) return cellCode(label)
  const target = address.href.replace(/[()<>|\\`\s]/g, (found) =>
    encodeURIComponent(found).replace('(', '%28').replace(')', '%29'),
  )
  return `[${cellCode(label)}](${target})`
}

/** The marker's line: an HTML comment that ends in its own line. */
export function markerLine(marker: string): string {
  const inner = oneLine(marker.replace(/^\s*<!--|-->\s*$/g, '')).replace(/--+>|[<>]/g, '')
  return `<!-- ${inner} -->`
}

function longestRun(body: string): number {
  return (body.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0)
}

/** Code keeps `<`: only what could be taken for a marker of our own is cut. */
function withoutMarker(body: string): string {
  return body.replace(/<!--(?=\s*drydock)/gi, `<!${CUT}--`)
}
