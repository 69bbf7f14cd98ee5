import { Marked, type Tokens } from 'marked'

/** Tags that a comment may hold as they are: without attributes, and such that an unclosed one ends with its comment. */
const plainTags = /&lt;(\/?(?:details|summary|sub|sup)|details open|br ?\/?)&gt;/gi
/** Tags that would leak when unclosed: only as a pair within one piece of HTML. */
const pairedTags = /&lt;(b|code|del|em|i|ins|kbd|strong)&gt;((?:(?!&lt;)[\s\S])*)&lt;\/\1&gt;/gi

/** Text for HTML; entities that are written out stay what they are. */
function escaped(text: string): string {
  return text
    .replace(/&(?!(?:#\d{1,7}|#x[0-9a-f]{1,6}|\w{2,31});)/gi, '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

function safeHtml(raw: string): string {
  const visible = raw.replace(/<!--[\s\S]*?-->/g, '')
  return escaped(visible).replace(plainTags, '<$1>').replace(pairedTags, '<$1>$2</$1>')
}

/** A link's target when it leads to the web or to this page; `undefined` for `javascript:` and the like. */
function safeTarget(href: string): string | undefined {
  const absolute = URL.parse(href, 'http://page.invalid/')
  return absolute && ['http:', 'https:', 'mailto:'].includes(absolute.protocol) ? escaped(href) : undefined
}

function diffLine(line: string): string {
  const kind = line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : line.startsWith('@@') ? 'place' : ''
  return kind ? `<span class="${kind}">${escaped(line)}</span>` : escaped(line)
}

const markdown = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }: Tokens.HTML | Tokens.Tag) => safeHtml(text),
    text(token: Tokens.Text | Tokens.Escape) {
      return 'tokens' in token && token.tokens ? this.parser.parseInline(token.tokens) : escaped(token.text)
    },
    codespan: ({ text }) => `<code>${escaped(text.replaceAll('&', '&amp;'))}</code>`,
    code({ text, lang }) {
      const plain = text.replaceAll('&', '&amp;')
      const lines = plain.split('\n').map(lang === 'diff' ? diffLine : escaped)
      return `<pre><code>${lines.join('\n')}</code></pre>\n`
    },
    link({ href, tokens }) {
      const label = this.parser.parseInline(tokens)
      const target = safeTarget(href)
      return target ? `<a href="${target}" rel="nofollow noopener noreferrer">${label}</a>` : label
    },
    // Nothing is fetched from elsewhere for a comment, so an image is its description.
    image: ({ text }) => `<em>[image: ${escaped(text)}]</em>`,
    blockquote({ tokens }) {
      const body = this.parser.parse(tokens)
      const alert = /^<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*/.exec(body)
      if (!alert) return `<blockquote>${body}</blockquote>\n`
      const kind = (alert[1] ?? '').toLowerCase()
      return `<blockquote class="${kind}"><strong>${kind}</strong><p>${body.slice(alert[0].length)}</blockquote>\n`
    },
  },
})

/**
 * A comment's Markdown as HTML that is safe to show: HTML in it is shown as text, except for the tags of folded sections
 * and a few others without attributes; links lead to the web or nowhere; no image is loaded; HTML comments are left out.
 */
export function renderMarkdown(text: string): string {
  return markdown.parse(text, { async: false })
}
