import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { demoPage } from '../../../../src/entry/demo/page/page.ts'
import type { PullView } from '../../../../src/entry/demo/page/view.ts'

const program = process.env.DRYDOCK_TEST_CHROMIUM ?? '/usr/bin/chromium'
const installed = existsSync(program)

const body = `<!-- drydock:plan:1 -->
### ✅ 1 to update

| App → cluster | Update |
| --- | --: |
| \`shop\` → \`default\` | 1 |

<details><summary><b>shop</b> → default</summary>

- **update** Deployment \`shop/web\`

\`\`\`diff
-  image: web:1
+  image: ${'web-with-a-very-long-name-'.repeat(8)}:2
\`\`\`

</details>

<script>document.title = 'taken over'</script>`

describe.skipIf(!installed)(
  `the demo's page in Chromium${installed ? '' : ` (skipped, because there is no ${program})`}`,
  () => {
    let server: Server
    let browser: Browser
    let page: Page
    const problems: string[] = []
    const pull: PullView & { comments: { author: string; body: string; createdAt: string }[] } = {
      number: 1,
      title: 'A change <b>of</b> the shop',
      author: 'alice',
      state: 'open',
      head: 'change',
      base: 'main',
      comments: [{ author: 'drydock[bot]', body, createdAt: '2026-11-21T12:00:00Z' }],
      checks: [{ name: 'drydock', status: 'completed', conclusion: 'success', title: '1 to update' }],
    }

    beforeAll(async () => {
      const pages = demoPage({
        list: () => [pull],
        get: (number) => (number === 1 ? pull : undefined),
        comment: async (_number, text) =>
          void pull.comments.push({ author: 'you', body: text, createdAt: '2026-11-21T12:01:00Z' }),
      })
      server = createServer(getRequestListener(pages.fetch))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const args = [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ]
      browser = await chromium.launch({ executablePath: program, args })
      page = await browser.newPage({ viewport: { width: 390, height: 800 } })
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/pulls/1`)
    })
    afterAll(async () => {
      await browser?.close()
      server?.close()
      server?.closeAllConnections()
    })

    test('shows the comment as a person reads it: table, folded part, coloured diff', async () => {
      expect(await page.textContent('table')).toContain('shop')
      expect(await page.isVisible('text=image: web:1')).toBe(false)
      await page.click('summary')
      expect(await page.isVisible('text=image: web:1')).toBe(true)
      expect(await page.textContent('h1')).toContain('A change <b>of</b> the shop')
    })

    test('fits a phone, runs nothing that a comment brings, and reports no error', async () => {
      expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
      expect(await page.title()).not.toBe('taken over')
      expect(problems).toEqual([])
    })

    test('takes a comment', async () => {
      await page.fill('textarea', '/plan')
      await Promise.all([page.waitForURL(/pulls\/1/), page.click('button[type=submit], button')])
      await page.waitForFunction("document.body.innerText.includes('you')")
      expect(pull.comments.map((comment) => comment.body)).toContain('/plan')
    })
  },
)
