/** A comment's Markdown as text for a terminal: what GitHub shows, with the folded parts open. */
export function readable(markdown: string): string {
  return markdown
    .replace(/<!--[\s\S]*?-->\n?/g, '')
    .replace(/<details><summary>([\s\S]*?)<\/summary>/g, '▸ $1')
    .replace(/<\/details>\n?/g, '')
    .replace(/<\/?(?:b|i|sub|sup|code|br)\s*\/?>/g, '')
    .replace(/^> ?\[!(\w+)\]$/gm, '> $1')
    .replace(/^#+ /gm, '')
    .replace(/\*\*([^*\n]+)\*\*/g, '$1')
    .replace(/^```\w*$/gm, '')
    .replace(/(?<!`)`([^`\n]+)`(?!`)/g, '$1')
    .replace(/&#(\d+);/g, (_all, digits: string) => String.fromCodePoint(Number(digits)))
    .replace(/[\u200b]/g, '')
    .replace(/\\([\\_*|~<>[\]()])/g, '$1')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}
