import { marked } from 'marked'

/** A comment as a page that looks like GitHub's: the rules that decide what fits, and its colours. */
export function githubPage(markdown: string, look: 'light' | 'dark' = 'light'): string {
  const html = marked
    .parse(markdown, { async: false, gfm: true })
    .replaceAll(/<blockquote>\s*<p>\[!CAUTION\]\s*/g, '<blockquote class="caution"><p class="title">Caution</p><p>')
    .replaceAll(/<p>\s*<\/p>/g, '')
  return `<!doctype html><html lang="en" data-look="${look}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${css}</style>
<article>${html}</article></html>`
}

const css = `
:root { --fg: #1f2328; --bg: #fff; --muted: #f6f8fa; --line: #d1d9e0; --code: #818b981f; --danger: #d1242f;
  --plus: #dafbe1; --minus: #ffebe9 }
:root[data-look=dark] { --fg: #f0f6fc; --bg: #0d1117; --muted: #151b23; --line: #3d444d; --code: #656c7633;
  --danger: #f85149; --plus: #2ea04326; --minus: #f8514926 }
* { box-sizing: border-box }
body { margin: 0; background: var(--bg); color: var(--fg);
  font: 14px/1.5 -apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif }
article { max-width: 900px; margin: 8px auto; padding: 16px; border: 1px solid var(--line); border-radius: 6px;
  overflow-wrap: break-word }
h3 { font-size: 1.25em; margin: 16px 0; line-height: 1.25 } h4 { font-size: 1em; margin: 16px 0 }
article > :first-child { margin-top: 0 }
p, blockquote, ul, ol, table, pre, details { margin: 0 0 16px }
ul, ol { padding-left: 2em } li + li { margin-top: .25em } ul ul { margin: 0 }
blockquote { padding: 0 1em; border-left: .25em solid var(--line) }
blockquote.caution { border-left-color: var(--danger) } .title { color: var(--danger); font-weight: 500 }
blockquote > :last-child { margin-bottom: 0 }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse }
th, td { padding: 6px 13px; border: 1px solid var(--line) } tr:nth-child(2n) { background: var(--muted) }
code { padding: .2em .4em; font: 85% ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  background: var(--code); border-radius: 6px; white-space: break-spaces }
pre { padding: 16px; overflow: auto; font-size: 85%; line-height: 1.45; background: var(--muted); border-radius: 6px }
pre code { padding: 0; font-size: 100%; background: none; white-space: pre; overflow-wrap: normal }
summary { cursor: pointer }`
