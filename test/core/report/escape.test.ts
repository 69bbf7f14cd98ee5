import fc from 'fast-check'
import { marked, type Token } from 'marked'
import { describe, expect, test } from 'vitest'
import { appCheck, planCheck } from '../../../src/core/report/check.ts'
import {
  cellCode,
  code,
  fenced,
  html,
  link,
  markerLine,
  oneLine,
  text,
  visible,
} from '../../../src/core/report/escape.ts'
import { planComment, planMarkdown } from '../../../src/core/report/plan-comment.ts'
import { hostileText, type Shape, shapes, viewOf } from './hostile.ts'

describe('visible', () => {
  test('shows what a terminal would obey and what nobody could see', () => {
    expect(visible('a\u001b[31mb')).toBe('a␛[31mb')
    expect(visible('user\u202e\u200b')).toBe('user‹U+202E›‹U+200B›')
    expect(visible('one\r\ntwo\rthree')).toBe('one\ntwo␍three')
    expect(visible('half \ud800')).toBe('half �')
  })

  test('leaves ordinary text alone', () => {
    expect(visible('image: nginx:1.29\n\tgröße 日本 👍')).toBe('image: nginx:1.29\n\tgröße 日本 👍')
  })
})

describe('text', () => {
  test('cuts mentions and references, which GitHub finds in the rendered text', () => {
    expect(text('@octocat fixes acme/shop#12 and GH-7')).toBe('@\u200boctocat fixes acme/shop#\u200b12 and GH-\u200b7')
  })

  test('keeps code that a message quotes', () => {
    expect(text('Set `image.tag` to *any*')).toBe('Set `image.tag` to \\*any\\*')
  })

  test('disarms addresses and markup', () => {
    const rendered = marked.parseInline(text('see https://e.example <b>x</b> [a](https://b.example) www.c.example'))
    expect(rendered).not.toMatch(/<a|<b>/)
  })
})

describe('code', () => {
  test.each([
    ['a`b', '``a`b``'],
    ['`', '`` ` ``'],
    ['', '`(empty)`'],
    ['two\nlines', '`two lines`'],
  ])('%j becomes %j', (raw, expected) => {
    expect(code(raw)).toBe(expected)
  })

  test('a pipe does not end a table cell, whatever stands before it', () => {
    fc.assert(
      fc.property(hostileText, (raw) => {
        const [table] = marked.lexer(`| a | b |\n| --- | --- |\n| ${cellCode(raw)} | end |\n`)
        if (table?.type !== 'table') throw new Error('not a table')
        expect(table.rows.map((row: { text: string }[]) => row.at(1)?.text)).toEqual(['end'])
      }),
    )
  })
})

test('a fence is longer than any run of backticks inside', () => {
  fc.assert(
    fc.property(hostileText, (raw) => {
      const tokens = marked.lexer(`${fenced(raw, 'diff')}\n\nafter`).filter(({ type }) => type !== 'space')
      expect(tokens.map(({ type }) => type)).toEqual(['code', 'paragraph'])
    }),
  )
})

test('a summary holds no tag and no line end', () => {
  fc.assert(
    fc.property(hostileText, (raw) => {
      expect(html(raw)).not.toMatch(/[<>\n]|@(?!\u200b)/)
    }),
  )
})

test('only addresses of the web become links', () => {
  expect(link('shop', 'https://github.com/acme/shop/runs/1')).toBe('[`shop`](https://github.com/acme/shop/runs/1)')
  expect(link('shop', 'javascript:alert(1)')).toBe('`shop`')
  expect(link('shop', 'https://e.example/a)b|c')).toBe('[`shop`](https://e.example/a%29b%7Cc)')
  expect(link('shop', undefined)).toBe('`shop`')
})

test('a marker is one comment of one line', () => {
  expect(markerLine('<!-- drydock:acme/shop#42 -->')).toBe('<!-- drydock:acme/shop#42 -->')
  expect(markerLine('drydock:a--b/c#1')).toBe('<!-- drydock:a--b/c#1 -->')
  expect(markerLine('<!-- drydock:x --> <b> -->')).not.toMatch(/-->.*-->/)
})

test('a long line is cut between characters', () => {
  expect(oneLine('👍'.repeat(10), 4)).toBe('👍👍👍…')
})

// ------------------------------------------------------------------------------------------ the comment as a whole

/** All tokens of a document, those inside others too. */
function tokensOf(markdown: string): readonly Token[] {
  const found: Token[] = []
  marked.walkTokens(marked.lexer(markdown), (token) => {
    found.push(token)
  })
  return found
}

/** The skeleton of a document: its blocks, without their words. */
function skeleton(markdown: string): readonly string[] {
  const blocks = ['heading', 'paragraph', 'blockquote', 'list', 'list_item', 'table', 'code', 'html', 'hr', 'def']
  return tokensOf(markdown)
    .filter(({ type }) => blocks.includes(type))
    .map((token) => (token.type === 'table' ? `table ${token.rows.length} × ${token.header.length}` : token.type))
}

function texts(say: fc.Arbitrary<string>): fc.Arbitrary<() => () => string> {
  return fc.infiniteStream(say).map((stream) => {
    const drawn: string[] = []
    // Each view begins at the first text again; the number keeps two equal texts from being grouped.
    return () => {
      let next = 0
      return () => {
        const index = next++
        drawn[index] ??= `${stream.next().value}${index}`
        return drawn[index]
      }
    }
  })
}

const OURS = /^(<!-- drydock:acme\/shop#42 -->|<details><summary>(<b>[^<>]*<\/b> → )?[^<>]*<\/summary>|<\/details>)$/

test('hostile text changes neither the blocks of a comment nor adds markup, mentions or links', () => {
  let number = 0
  const harmless = () => `x${number++}`
  fc.assert(
    fc.property(shapes, texts(hostileText), (shape: Shape, start) => {
      const comment = planComment({ ...viewOf(shape, start()), budget: 10_000_000 })
      expect(skeleton(comment), comment).toEqual(
        skeleton(planComment({ ...viewOf(shape, harmless), budget: 10_000_000 })),
      )
      for (const token of tokensOf(comment)) {
        if (token.type === 'html') expect(token.raw.trim()).toMatch(OURS)
        expect(['link', 'image', 'def', 'del'], token.raw).not.toContain(token.type)
        if (token.type === 'text' && !('tokens' in token && token.tokens)) {
          expect(token.raw).not.toMatch(/@(?!\u200b)|(?<!&)#\d|GH-\d|:\/\/|www\./i)
        }
      }
    }),
    { numRuns: 150 },
  )
})

test('the check runs are as inert as the comment, and their annotations show what can not be seen', () => {
  fc.assert(
    fc.property(shapes, texts(hostileText), (shape, start) => {
      const { plan } = viewOf(shape, start())
      const reports = [planCheck(plan, { appChecks: false }), ...plan.apps.map((app) => appCheck(app))]
      for (const { title, summary, text: body = '', annotations } of reports) {
        for (const token of [summary, body].flatMap(tokensOf)) {
          if (token.type === 'html') expect(token.raw.trim()).toMatch(OURS)
          expect(['link', 'image', 'def', 'del'], token.raw).not.toContain(token.type)
        }
        const seen = [title, summary, body, ...annotations.flatMap((each) => [each.title, each.message])].join('\n')
        expect(seen.replaceAll('\u200b', '')).not.toMatch(/[^\n\t\P{Cc}]|\p{Cf}|[\u2028\u2029]/u)
      }
    }),
    { numRuns: 60 },
  )
})

test('hostile text adds no second marker and nothing unseen', () => {
  fc.assert(
    fc.property(shapes, texts(hostileText), (shape, start) => {
      const comment = planComment({ ...viewOf(shape, start()), budget: 10_000_000 })
      expect(comment.startsWith('<!-- drydock:acme/shop#42 -->\n')).toBe(true)
      expect(comment.match(/<!--\s*drydock/gi)).toHaveLength(1)
      expect(comment.replaceAll('\u200b', '')).not.toMatch(/[^\n\t\P{Cc}]|\p{Cf}|[\u2028\u2029]/u)
      expect(planMarkdown(viewOf(shape, start()).plan)).not.toMatch(/<!--\s*drydock/i)
    }),
    { numRuns: 100 },
  )
})

test('a comment never exceeds its budget and is never cut inside a fence or a fold', () => {
  fc.assert(
    fc.property(shapes, texts(hostileText), fc.integer({ min: 200, max: 20_000 }), (shape, start, budget) => {
      const comment = planComment({ ...viewOf(shape, start()), budget })
      expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(budget)
      const folds = tokensOf(comment).filter(({ type }) => type === 'html')
      const opened = folds.filter(({ raw }) => raw.startsWith('<details')).length
      expect(folds.filter(({ raw }) => raw.startsWith('</details>'))).toHaveLength(opened)
      for (const token of tokensOf(comment)) if (token.type === 'code') expect(token.raw).toMatch(/(`{3,})\n*$/)
    }),
    { numRuns: 150 },
  )
})
