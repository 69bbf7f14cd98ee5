import { glob, readFile } from 'node:fs/promises'

/** One page of the documentation. */
export type Page = { readonly path: string; readonly text: string }

/** Every Markdown page that people read on GitHub. */
export async function pages(): Promise<readonly Page[]> {
  const found: Page[] = []
  for await (const path of glob(['*.md', 'docs/**/*.md', 'examples/**/*.md'])) {
    if (!path.endsWith('.template.md')) found.push({ path, text: await readFile(path, 'utf8') })
  }
  return found.sort((one, other) => (one.path < other.path ? -1 : 1))
}

/** The fenced blocks of a page in one language. */
export function blocks(page: Page, language: string): readonly string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm')
  return [...page.text.matchAll(pattern)].map((match) => match[1] ?? '')
}

/** What stands in backticks in the first column of a page's tables. */
export function firstColumn(page: Page): readonly string[] {
  return page.text
    .split('\n')
    .filter((line) => /^\s*\| `/.test(line))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''))
}
