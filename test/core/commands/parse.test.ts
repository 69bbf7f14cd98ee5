import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseComment } from '../../../src/core/commands/parse.ts'

const kind = (body: string) => parseComment(body).kind
const answer = (body: string) => {
  const result = parseComment(body)
  return result.kind === 'reply' ? result.text : result.kind
}

describe('commands that act', () => {
  it.each([
    ['/plan', []],
    ['/plan  ', []],
    ['/Plan', []],
    ['/plan shop-production', ['shop-production']],
    ['/plan shop-* blog', ['shop-*', 'blog']],
    ['/plan shop\nbecause the cluster was down\n/help', ['shop']],
    ['/plan shop\r\nthanks', ['shop']],
  ])('%j plans', (body, apps) => {
    expect(parseComment(body)).toEqual({ kind: 'command', name: 'plan', apps })
  })
  it.each(['/help', '/help me', '/HELP\n/plan'])('%j asks for help', (body) => {
    expect(parseComment(body)).toEqual({ kind: 'command', name: 'help' })
  })
})

describe('commands about apps', () => {
  it.each(['plan', 'sync', 'approve', 'unlock'])('/%s takes names and globs, and nothing else', (name) => {
    expect(parseComment(`/${name}`)).toEqual({ kind: 'command', name, apps: [] })
    expect(parseComment(`/${name} shop-* blog`)).toEqual({ kind: 'command', name, apps: ['shop-*', 'blog'] })
    expect(answer(`/${name} shop "because"`)).toMatch(/`because` is not the name of an app/)
    expect(answer(`/${name} --all`)).toMatch(/`--all` is not the name of an app/)
  })
  it.each<[string, object]>([
    ['/lock', { apps: [], keep: false }],
    ['/lock shop blog', { apps: ['shop', 'blog'], keep: false }],
    ['/lock shop "incident 7"', { apps: ['shop'], keep: false, reason: 'incident 7' }],
    ['/lock "incident 7" shop --keep', { apps: ['shop'], keep: true, reason: 'incident 7' }],
    ['/lock shop-* --keep', { apps: ['shop-*'], keep: true }],
    ['/lock shop ""', { apps: ['shop'], keep: false }],
    ['/lock "--keep"', { apps: [], keep: false, reason: '--keep' }],
    ['/lock shop "größere Störung"', { apps: ['shop'], keep: false, reason: 'größere Störung' }],
  ])('%s', (body, expected) => expect(parseComment(body)).toEqual({ kind: 'command', name: 'lock', ...expected }))
  it.each([
    ['/lock shop Incident', /`Incident` is not the name of an app.* A reason stands between two `"`\.$/],
    ['/lock "one" "two"', /One reason is enough/],
    [`/lock "${'x'.repeat(201)}"`, /longer than 200 characters/],
    ['/lock shop "open', /not closed/],
  ])('%s says what is wrong', (body, text) => expect(answer(body)).toMatch(text))
  it.each<[string, object]>([
    ['/rollback', { apps: [] }],
    ['/rollback shop blog-*', { apps: ['shop', 'blog-*'] }],
    ['/rollback to #12', { apps: [], to: { number: 12 } }],
    ['/rollback shop to 1A2b3c4', { apps: ['shop'], to: { commit: '1a2b3c4' } }],
    [
      `/rollback shop "it's slow" to ${'a'.repeat(40)}`,
      { apps: ['shop'], reason: "it's slow", to: { commit: 'a'.repeat(40) } },
    ],
    ['/rollback --dry-run', { apps: [], dryRun: true }],
    ['/rollback shop --dry-run to #1 "why"', { apps: ['shop'], dryRun: true, to: { number: 1 }, reason: 'why' }],
    ['/rollback to to #3', { apps: ['to'], to: { number: 3 } }],
    ['/rollback shop "to #3"', { apps: ['shop'], reason: 'to #3' }],
  ])('%s', (body, expected) =>
    expect(parseComment(body)).toEqual({ kind: 'command', name: 'rollback', dryRun: false, ...expected }),
  )
  it.each([
    ['/rollback shop to', /`to` needs a commit or a pull request/],
    ['/rollback to main', /`main` is neither a commit .* nor a pull request/],
    ['/rollback shop to abc', /`abc` is neither a commit/],
    ['/rollback to #0', /`#0` is neither/],
    ['/rollback to #12 shop', /`#12` is not the name of an app.*follows `to`/],
    ['/rollback to #1 to #2', /`#1` is not the name of an app/],
    ['/rollback shop --force', /`--force` is not the name of an app/],
    ['/rollback "one" "two"', /One reason is enough/],
  ])('%s says what is wrong', (body, text) => expect(answer(body)).toMatch(text))
  it('/status needs no words, and reads none', () => {
    expect(parseComment('/status please')).toEqual({ kind: 'command', name: 'status' })
  })
})

describe('comments that get one answer', () => {
  it.each([
    ['/paln', 'plan'],
    ['/plann shop', 'plan'],
    ['/hlep', 'help'],
    ['/rolback', 'rollback'],
    ['/aprove', 'approve'],
    ['/synch', 'sync'],
  ])('%s is taken for a typing error', (body, meant) => {
    expect(answer(body)).toBe(
      `\`${body.split(' ')[0]}\` is not a command. Did you mean \`/${meant}\`? \`/help\` shows all.`,
    )
  })
  it.each([
    ['/plan Shop', /`Shop` is not the name of an app/],
    ['/plan --force', /`--force` is not the name of an app/],
    ['/plan "shop"', /`shop` is not the name of an app/],
    ['/plan a,b', /`a,b` is not the name of an app/],
    ['/plan *a*a*a*a*a', /is not the name of an app/],
    ['/plan "shop', /`"` is not closed/],
    [`/plan ${'a '.repeat(260)}`, /longer than 500 characters/],
  ])('%s says what is wrong', (body, text) => expect(answer(body)).toMatch(text))

  it('never repeat what could mention, break out of its span, or fill a page', () => {
    const text = answer(`/plan @acme/all\`x\`${'y'.repeat(200)}`)
    expect(text).toMatch(/^`@acme\/all\?x\?y+…` is not/)
    expect(text.length).toBeLessThan(200)
  })
})

const names = fc.constantFrom('plan', 'sync', 'approve', 'lock', 'unlock', 'status', 'help', 'rollback')

describe('comments that are not for us', () => {
  it.each([
    ['nothing', ''],
    ['talk', 'please /plan'],
    ['a blank first line', '\n/plan'],
    ['a space before', ' /plan'],
    ['indented code', '    /plan'],
    ['a quote', '> /plan'],
    ['a quote in a reply', '> /plan\n\n/plan'],
    ['a fence', '```\n/plan\n```'],
    ['a code span', '`/plan`'],
    ['an HTML comment', '<!-- x -->\n/plan'],
    ['a command with an HTML comment', '/plan <!-- shop -->'],
    ['a list', '- /plan'],
    ['a path', '/etc/passwd'],
    ['a path like a command', '/plan/shop'],
    ['a slash', '/'],
    ['two slashes', '//plan'],
    ['punctuation', '/plan.'],
    ["another bot's command", '/lgtm'],
    ["another bot's command, longer", '/retest-required'],
    ['another one', '/ok-to-test'],
    ['another one', '/assign @mona'],
    ['a homoglyph', '/pl\u0430n'],
    ['a zero-width space', '/plan\u200b'],
    ['a zero-width space within', '/pl\u200ban'],
    ['a byte order mark', '\ufeff/plan'],
    ['a bidirectional override', '/plan \u202enohs'],
    ['an escape', '/plan \u001b[2Jshop'],
    ['a lone carriage return', '/plan\r/help'],
    ['a line separator', '/plan\u2028shop'],
    ['an invisible letter', '/plan \u3164'],
  ])('%s is ignored', (_, body) => expect(kind(body)).toBe('ignore'))

  it('whatever stands before the command in the line, it is not obeyed', () => {
    const before = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/^\//.test(text))
    fc.assert(
      fc.property(before, (text) => {
        expect(kind(`${text}/plan`)).not.toBe('command')
      }),
    )
  })
  it('whatever line comes first, a command below it is not obeyed', () => {
    const first = fc.string({ unit: 'grapheme' }).filter((text) => !/^\/[a-z]/i.test(text))
    fc.assert(
      fc.property(first, names, (text, name) => {
        expect(kind(`${text}\n/${name} shop\n/help`)).not.toBe('command')
      }),
    )
  })
  it('any text is read without a throw, and never acts from a quoted or fenced line', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(fc.constantFrom('> ', '    ', '\t', '```', '~~~', '`', '- ', '<!-- ', '>', '\\', '\u200b'), names)
        .map(([before, name]) => `${before}/${name} shop "why" --keep`),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), fc.constantFrom('\n', '\r\n', '\r'), (lines, end) => {
        const text = lines.join(end)
        const command = parseComment(text)
        if (command.kind === 'command') expect(text).toMatch(/^\/[A-Za-z]/)
      }),
      { numRuns: 1_000 },
    )
  })
  it('no character outside printable ASCII is ever part of what is obeyed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const result = parseComment(`/plan ${text}`)
        if (result.kind === 'command' && result.name === 'plan') expect(result.apps.join('')).toMatch(/^[a-z0-9*?-]*$/)
      }),
    )
  })
})
