import fc from 'fast-check'
import { marked } from 'marked'
import { escapePointer } from '../../../src/core/diff/fields.ts'
import type { Action, Change, Drift, Risk } from '../../../src/core/model/change.ts'
import type { AppPlan, Plan } from '../../../src/core/model/plan.ts'
import type { ObjectReference } from '../../../src/core/model/reference.ts'
import type { PlanView } from '../../../src/core/report/plan-comment.ts'

const FRAGMENTS = [
  '`',
  '``',
  '```',
  '````\n',
  '~~~',
  '\n',
  '\n\n',
  '\r',
  '\t',
  '|',
  '\\',
  '\\|',
  ' ',
  '- ',
  '> ',
  '# ',
  '1. ',
  '---\n',
  '| a |\n|---|\n',
  '<!-- drydock:forged -->',
  '<!--',
  '-->',
  '<! -- drydock',
  '</details>',
  '</summary>',
  '<script>alert(1)</script>',
  '<img src=x>',
  '@octocat',
  '@acme/platform',
  '#1',
  'GH-1',
  'acme/shop#1',
  'a@b.example',
  '&#64;octocat',
  '&lt;',
  '[x](https://e.example)',
  '![x](https://e.example/x.png)',
  'https://evil.example',
  'www.evil.example',
  '<https://evil.example>',
  '[a]: https://e.example\n',
  ':rocket:',
  '$x$',
  '***',
  '__x__',
  '~~x~~',
  '\u001b[31m',
  '\u001b]8;;https://e.example\u0007',
  '\u0000',
  '\u0085',
  '\u202e',
  '\u200b',
  '\u2066',
  '\ufeff',
  '\u{e0041}',
  '\ud800',
  '\u2028',
  '\u00ad',
  'web',
  'é',
  '日本',
  '👍',
]

/** Text as an attacker writes it. */
export const hostileText = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...FRAGMENTS) }, { weight: 1, arbitrary: fc.string() }), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''))

/** What GitHub would make mentions of: `@name` in text, not in code. */
export function mentionsIn(markdown: string): readonly string[] {
  const found: string[] = []
  marked.walkTokens(marked.lexer(markdown), (token) => {
    if (['text', 'html', 'escape'].includes(token.type) && !('tokens' in token && token.tokens))
      found.push(...(token.raw.match(/@[A-Za-z0-9][A-Za-z0-9_/-]*/g) ?? []))
  })
  return found
}

/** The shape of a view, without its texts. */
export type Shape = {
  readonly apps: readonly {
    readonly changes: readonly {
      readonly action: Action
      readonly risks: readonly Risk[]
      readonly hunks: boolean
      readonly more: readonly ('hook' | 'accepted' | 'from' | 'wave')[]
    }[]
    /** Further updates that have one label in common. */
    readonly common: number
    readonly drift: readonly ('owned' | 'added' | 'missing' | 'touched')[]
    readonly errors: number
    readonly policies: number
  }[]
  readonly config: boolean
}

export const shapes: fc.Arbitrary<Shape> = fc.record({
  apps: fc.array(
    fc.record({
      changes: fc.array(
        fc.record({
          action: fc.constantFrom<Action>('create', 'update', 'replace', 'delete', 'adopt'),
          risks: fc.subarray<Risk>(['immutable', 'data-loss', 'unconfirmed']),
          hunks: fc.boolean(),
          more: fc.subarray<'hook' | 'accepted' | 'from' | 'wave'>(['hook', 'accepted', 'from', 'wave']),
        }),
        { maxLength: 4 },
      ),
      common: fc.constantFrom(0, 0, 3, 5, 7),
      drift: fc.subarray<'owned' | 'added' | 'missing' | 'touched'>(['owned', 'added', 'missing', 'touched']),
      errors: fc.nat(2),
      policies: fc.nat(2),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  config: fc.boolean(),
})

/** A view of this shape, every text of which comes from `say`. */
export function viewOf(shape: Shape, say: () => string): PlanView {
  const source = () => ({ path: say(), line: 3 })
  const reference = () => ({ apiVersion: say(), kind: say(), namespace: say(), name: say() })
  const driftOf = (form: string, touched: ObjectReference | undefined): Drift => ({
    ...(form === 'touched' && touched ? touched : reference()),
    fields:
      form === 'missing'
        ? []
        : [
            {
              path: say(),
              before: say(),
              takenFrom: say(),
              takenAt: say(),
              ...(form === 'added' ? {} : { after: { [say()]: say() } }),
            },
          ],
    managers: [say()],
    onSync: form === 'touched' ? 'restored' : 'kept',
    ...(form === 'missing' ? { missing: true } : {}),
  })
  const times = <T>(number: number, make: () => T) => Array.from({ length: number }, make)
  const apps = shape.apps.map((app): AppPlan => {
    const changes: readonly Change[] = app.changes.map(({ action, risks, hunks, more }) => ({
      ...reference(),
      action,
      risks,
      source: source(),
      summary: [say(), say()],
      fields: [
        { path: say(), before: say(), after: say(), takenFrom: say(), takenAt: say() },
        {
          path: `/spec/containers[name=${say()}]/image`,
          after: say(),
          takenFrom: say(),
          takenAt: '2026-11-19T10:00:00Z',
        },
      ],
      preview: 'client',
      previewReason: say(),
      warnings: [say()],
      consequences: [say(), say()],
      ...(more.includes('hook') ? { hook: { phases: ['pre-sync', 'post-sync'] as const } } : {}),
      ...(more.includes('accepted') ? { accepted: risks.slice(0, 1).map((risk) => ({ risk, by: say() })) } : {}),
      ...(more.includes('from') ? { from: say() } : {}),
      ...(more.includes('wave') ? { wave: 2, first: true } : {}),
      ...(hunks ? { hunks: `@@ -1,3 +1,3 @@\n ${say()}\n-${say()}\n+${say()}` } : {}),
    }))
    const label = escapePointer(say())
    const [before, after] = [say(), say()]
    const common = times(
      app.common,
      (): Change => ({
        ...reference(),
        action: 'update',
        risks: [],
        source: source(),
        summary: [say()],
        fields: [{ path: `/metadata/labels/${label}`, before, after }],
        preview: 'server',
      }),
    )
    return {
      name: say(),
      cluster: say(),
      changes: [...changes, ...common],
      unchanged: 1,
      drift: app.drift.map((form) => driftOf(form, changes[0])),
      errors: times(app.errors, () => ({ code: 'render-failed', message: say(), source: source(), hint: say() })),
      policies: times(app.policies, () => ({
        policy: say(),
        severity: 'deny',
        object: reference(),
        message: say(),
        source: source(),
      })),
      notes: [say()],
    }
  })
  const plan: Plan = {
    apiVersion: 'drydock.dev/v1',
    kind: 'Plan',
    head: say(),
    base: say(),
    digest: 'sha256:1',
    conclusion: 'failure',
    apps,
    errors: [{ code: 'config-invalid', message: say(), source: source(), hint: say() }],
  }
  return {
    plan,
    number: 42,
    baseRef: say(),
    plannedAt: shape.config ? say() : '2026-11-21T14:03:22.123Z',
    askedBy: say(),
    marker: '<!-- drydock:acme/shop#42 -->',
    ...(shape.config ? { discoveredConfig: say() } : {}),
  }
}
