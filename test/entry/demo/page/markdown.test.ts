import { describe, expect, it } from 'vitest'
import { renderMarkdown } from '../../../../src/entry/demo/page/markdown.ts'

/** Every tag of some HTML with its attributes. */
const tagsOf = (html: string) => html.match(/<\/?[a-z][^>]*>/gi) ?? []

describe('renderMarkdown', () => {
  it('keeps folded sections with Markdown in them', () => {
    const html = renderMarkdown('<details>\n<summary>Changes of <b>shop</b></summary>\n\n- **one**\n\n</details>')
    expect(html).toContain('<details>\n<summary>Changes of <b>shop</b></summary>')
    expect(html).toContain('<strong>one</strong>')
    expect(html).toContain('</details>')
  })

  it('leaves out HTML comments', () => {
    expect(renderMarkdown('<!-- drydock:plan -->\nText')).not.toContain('drydock')
  })

  it.each([
    '<script>alert(1)</script>',
    'a <script>alert(1)</script> b',
    '<img src=x onerror=alert(1)>',
    'a <img src=x onerror=alert(1)> b',
    '<details ontoggle=alert(1) open>x</details>',
    '<details open ontoggle="alert(1)"><summary onclick=alert(1)>x</summary></details>',
    '<code><img src=x onerror=alert(1)></code>',
    '<b><iframe src=//evil.example></b>',
    'a <kbd><svg onload=alert(1)></kbd>',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](java&#10;script:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '<javascript:alert(1)>',
    '![x](https://evil.example/pixel.png)',
    '[x](https://a.example/"onmouseover="alert(1))',
    '[x](https://a.example "\\" onmouseover=alert(1)")',
    '```"><script>alert(1)</script>\nx\n```',
    '`<script>alert(1)</script>`',
    '| <script>alert(1)</script> |\n| --- |\n| <img src=x onerror=alert(1)> |',
    '&lt;script&gt;alert(1)&lt;/script&gt;',
    '> [!WARNING]\n> <script>alert(1)</script>',
    '<!-- --!><script>alert(1)</script> -->',
    '<!--><script>alert(1)</script>',
    '# <script>alert(1)</script>',
    '- [ ] <script>alert(1)</script>',
    '[ref]\n\n[ref]: javascript:alert(1) "x"',
  ])('lets nothing of %j act', (text) => {
    for (const tag of tagsOf(renderMarkdown(text))) {
      expect(tag).toMatch(
        /^<\/?(p|a|b|br|code|pre|em|strong|kbd|details|summary|table|thead|tbody|tr|th|td|h1|ul|li|blockquote|input)\b/,
      )
      expect(tag.replace(/"[^"]*"/g, '""')).not.toMatch(/\son\w+|src=|style=/i)
      expect(tag).not.toMatch(/(javascript|data):/i)
    }
  })

  it('shows code as it was written', () => {
    expect(renderMarkdown('`a &amp; <b>`')).toContain('<code>a &amp;amp; &lt;b&gt;</code>')
    expect(renderMarkdown('```yaml\na: "<b>" # &amp;\n```')).toContain('a: &quot;&lt;b&gt;&quot; # &amp;amp;')
  })

  it('marks the lines of a diff', () => {
    const html = renderMarkdown('```diff\n-image: web:1\n+image: web:2\n```')
    expect(html).toContain('<span class="removed">-image: web:1</span>')
    expect(html).toContain('<span class="added">+image: web:2</span>')
  })
})
