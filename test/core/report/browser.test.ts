import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { githubPage } from './github-page.ts'
import { samples } from './samples.ts'

const program = process.env.DRYDOCK_TEST_CHROMIUM ?? '/usr/bin/chromium'
const installed = existsSync(program)

describe.skipIf(!installed)(
  `the comment in Chromium${installed ? '' : ` (skipped, because there is no ${program})`}`,
  () => {
    let browser: Browser
    let page: Page

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] })
      page = await browser.newPage()
    }, 60_000)

    afterAll(async () => {
      await browser?.close()
    })

    const cases = Object.keys(samples).flatMap((name) => [390, 1000].map((width) => [name, width] as const))

    test.each(cases)('%s fits a window of %i pixels, folded and unfolded', async (name, width) => {
      await page.setViewportSize({ width, height: 900 })
      await page.setContent(githubPage(samples[name]?.() ?? ''))
      expect(await page.locator('details[open]').count()).toBe(0)
      // What a phone shows first is the verdict, in at most three lines.
      const verdict = page.locator('article > :is(h3, p)').first()
      const { y = Number.NaN, height = Number.NaN } = (await verdict.boundingBox()) ?? {}
      expect(y + height).toBeLessThan(140)
      const result = await page
        .getByRole('columnheader', { name: 'Result' })
        .boundingBox({ timeout: 100 })
        .catch(() => null)
      if (result) expect(result.x + result.width).toBeLessThanOrEqual(width)
      for (const open of [false, true]) {
        await page.evaluate(`for (const each of document.querySelectorAll('details')) each.open = ${open}`)
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
      }
    })

    test('a comment of the largest size has each fold closed properly: its last words are seen', async () => {
      await page.setViewportSize({ width: 390, height: 900 })
      await page.setContent(githubPage(samples['a dangerous change of three apps']?.() ?? ''))
      expect(await page.getByText('Next:').isVisible()).toBe(true)
      expect(await page.getByText('will be deleted').first().isVisible()).toBe(true)
      expect(await page.getByText('container proxy added').isVisible()).toBe(false)
    })
  },
)
