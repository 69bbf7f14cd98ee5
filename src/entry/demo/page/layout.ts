import { html, raw } from 'hono/html'
import { renderMarkdown } from './markdown.ts'
import type { CheckView, PullView } from './view.ts'

/** HTML that was put together with everything escaped. */
export type Html = ReturnType<typeof html>

/** What every page needs to know. */
export type PageContext = {
  /** Path under which the page is served, without a slash at the end. */
  readonly base: string
  /** Goes with the form, so that no other site can comment through this browser. */
  readonly token: string
  /** Changes whenever what is shown changes. */
  readonly version: string
}

function page(context: PageContext, title: string, state: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="${context.base}/style.css">
<link rel="icon" href="data:,">
<noscript><meta http-equiv="refresh" content="15"></noscript>
<script type="module" src="${context.base}/page.js"></script>
</head>
<body data-state="${context.base}${state}" data-version="${context.version}">
<header><a href="${context.base}/">Drydock demo</a></header>
<main>
${content}
</main>
</body>
</html>`
}

/** The list of pull requests. */
export function listPage(context: PageContext, pulls: readonly PullView[]): Html {
  const items = pulls.map(
    (pull) => html`<li>${badge(pull.state, pull.state)}
<a href="${context.base}/pulls/${pull.number}">${pull.title}</a>
<span class="quiet">#${pull.number} by ${pull.author}</span>
<div>${pull.checks.map(checkBadge)}</div></li>`,
  )
  const list = items.length > 0 ? html`<ul class="plain">${items}</ul>` : html`<p>There is no pull request yet.</p>`
  return page(context, 'Drydock demo', '/state', html`<h1>Pull requests</h1>${list}`)
}

/** One pull request with its checks, its comments and the form for a new one. */
export function pullPage(context: PageContext, pull: PullView): Html {
  const checks = pull.checks.map(
    (check) => html`<li>${checkBadge(check)} <span class="quiet">${check.title ?? ''}</span></li>`,
  )
  const comments = pull.comments.map(
    (comment) => html`<article>
<h2><strong>${comment.author}</strong> <span class="quiet">${moment(comment.createdAt)}</span></h2>
<div class="body">${raw(renderMarkdown(comment.body))}</div>
</article>`,
  )
  return page(
    context,
    `${pull.title} · #${pull.number}`,
    `/pulls/${pull.number}/state`,
    html`<h1>${pull.title} <small>#${pull.number}</small></h1>
<p>${badge(pull.state, pull.state)} ${pull.author}: <code>${pull.head}</code> into <code>${pull.base}</code></p>
${checks.length > 0 ? html`<h2>Checks</h2><ul class="plain">${checks}</ul>` : ''}
${comments}
<p class="notice" hidden>This pull request has changed. Send your comment, or <a href="">show it now</a>.</p>
<form method="post" action="${context.base}/pulls/${pull.number}/comments">
<input type="hidden" name="token" value="${context.token}">
<label for="text">Comment, for example <code>/plan</code> or <code>/help</code></label>
<textarea id="text" name="text" required maxlength="65536"></textarea>
<button>Comment</button>
</form>`,
  )
}

/** A page that says what went wrong and leads back. */
export function problemPage(context: PageContext, title: string, message: string): Html {
  return page(
    context,
    title,
    '/state',
    html`<h1>${title}</h1><p>${message}</p><p><a href="${context.base}/">All pull requests</a></p>`,
  )
}

function badge(kind: string, text: string): Html {
  return html`<span class="badge ${kind}">${text}</span>`
}

function checkBadge(check: CheckView): Html {
  const result = check.status === 'completed' ? (check.conclusion ?? 'completed') : check.status
  return badge(result, `${check.name}: ${result.replaceAll('_', ' ')}`)
}

function moment(iso: string): string {
  return iso.replace('T', ' ').replace(/(:\d\d)(\.\d+)?Z$/, '$1 UTC')
}
