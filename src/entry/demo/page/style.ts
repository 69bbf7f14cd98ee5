/** The page's own style sheet: no fonts or files from elsewhere. */
export const style = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1f2428, #d9dee4);
  --quiet: light-dark(#59636e, #98a2ad);
  --line: light-dark(#d8dee4, #343b43);
  --page: light-dark(#ffffff, #14181c);
  --panel: light-dark(#f6f8fa, #1b2026);
  --link: light-dark(#0b5fad, #7cb7ff);
  --good: light-dark(#1a6b34, #5cc27c);
  --bad: light-dark(#b3261e, #ff8a80);
  --wait: light-dark(#7d5200, #e3b341);
}
* { box-sizing: border-box }
body {
  margin: 0 auto; padding: 1rem; max-width: 60rem; color: var(--text); background: var(--page);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere;
}
a { color: var(--link) }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 }
h1 small, .quiet { color: var(--quiet); font-weight: normal }
header { border-bottom: 1px solid var(--line); padding-bottom: .5rem }
ul.plain { list-style: none; margin: 1rem 0; padding: 0; border: 1px solid var(--line); border-radius: .5rem }
ul.plain > li { padding: .6rem 1rem; border-top: 1px solid var(--line) }
ul.plain > li:first-child { border-top: 0 }
.badge {
  display: inline-block; padding: 0 .6em; margin-right: .4em; border: 1px solid; border-radius: 1em;
  font-size: .85rem; color: var(--quiet); overflow-wrap: normal;
}
.success, .open { color: var(--good) }
.failure, .timed_out, .cancelled, .closed { color: var(--bad) }
.action_required, .in_progress, .queued { color: var(--wait) }
.merged { color: var(--link) }
article { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0 }
article > h2 {
  font-size: .95rem; font-weight: normal; margin: 0; padding: .5rem 1rem; background: var(--panel);
  border-bottom: 1px solid var(--line); border-radius: .5rem .5rem 0 0;
}
.body { padding: .25rem 1rem; overflow-x: auto }
.body h1, .body h2, .body h3 { font-size: 1.15rem; line-height: 1.3; margin: 1rem 0 .5rem }
pre { padding: .75rem; background: var(--panel); border-radius: .4rem; overflow-x: auto; line-height: 1.4 }
code { font: .9em ui-monospace, monospace }
:not(pre) > code { background: var(--panel); padding: .1em .3em; border-radius: .25em }
pre .added { color: var(--good) }
pre .removed { color: var(--bad) }
pre .place { color: var(--quiet) }
table { border-collapse: collapse; display: block; overflow-x: auto; overflow-wrap: normal; margin: 1rem 0 }
th, td { border: 1px solid var(--line); padding: .3rem .7rem; text-align: left }
blockquote { margin: 1rem 0; padding: 0 1rem; border-left: .25rem solid var(--line); color: var(--quiet) }
blockquote.warning, blockquote.caution { border-color: var(--wait); color: inherit }
blockquote.note, blockquote.tip, blockquote.important { border-color: var(--link); color: inherit }
blockquote > strong { text-transform: capitalize }
details { margin: .5rem 0 }
summary { cursor: pointer }
textarea {
  width: 100%; min-height: 6rem; padding: .6rem; font: inherit; color: inherit; background: var(--panel);
  border: 1px solid var(--line); border-radius: .4rem;
}
button { font: inherit; margin-top: .5rem; padding: .4rem 1.2rem; border-radius: .4rem; border: 1px solid var(--line) }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
.notice { padding: .5rem 1rem; border: 1px solid var(--wait); border-radius: .4rem }
`

/** Reloads when the pull request has changed, but never under somebody who is writing; keeps open sections open. */
export const script = `
const page = document.body.dataset
const sections = () => [...document.querySelectorAll('details')]
const kept = 'open:' + location.pathname
for (const index of JSON.parse(sessionStorage.getItem(kept) ?? '[]')) {
  const section = sections()[index]
  if (section) section.open = true
}
const look = async () => {
  const answer = await fetch(page.state).catch(() => undefined)
  if (!answer?.ok || (await answer.text()) === page.version) return
  if (document.querySelector('textarea')?.value) document.querySelector('.notice').hidden = false
  else {
    const open = sections().flatMap((section, index) => (section.open ? [index] : []))
    sessionStorage.setItem(kept, JSON.stringify(open))
    location.reload()
  }
}
setInterval(look, 1500)
`
