import fc from 'fast-check'
import { dump } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from '../../../src/core/config/duration.ts'
import { editDistance } from '../../../src/core/config/nearest.ts'
import { foldersOf } from '../../../src/core/config/paths.ts'
import { parseRepositoryConfig } from '../../../src/core/config/repository.ts'
import { parseServerConfig } from '../../../src/core/config/server.ts'
import { DrydockErrors } from '../../../src/core/model/errors.ts'

/** Values shaped like a configuration more often than not. */
const key = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      'version',
      'apps',
      'generate',
      'name',
      'path',
      'sync',
      'helm',
      'prune',
      'ignore',
      'template',
      'directories',
      'retry',
      'commands',
      'clusters',
      '__proto__',
      '<<',
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(1, true, null, 'a', 'apps/*', '{{ path[0] }}', '{{ x }}', '5m', -1, 1.5),
    fc.string({ maxLength: 10 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5 }),
  ),
}))

/** What a reader promises: a result, or problems that each have a line of the text. */
function keepsItsPromise(read: (text: string) => unknown, text: string): void {
  try {
    read(text)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(DrydockErrors)
    const lines = text.split('\n').length
    for (const { code, source } of (thrown as DrydockErrors).problems) {
      expect(code).toBe('config-invalid')
      expect(source?.line).toBeGreaterThanOrEqual(1)
      expect(source?.line).toBeLessThanOrEqual(lines)
    }
  }
}

const readers = {
  repository: (text: string) => parseRepositoryConfig(text, 'f', ['.', 'apps', 'apps/a']),
  server: (text: string) => parseServerConfig(text, 'f'),
}

describe.each(Object.entries(readers))('any text as %s configuration', (_, read) => {
  it('is read or refused with lines, when it is YAML', () => {
    fc.assert(
      fc.property(value, (any) => keepsItsPromise(read, dump(any))),
      { numRuns: 500 },
    )
  })
  it('is read or refused with lines, when its apps are anything', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 3 }), (apps) =>
        keepsItsPromise(read, dump({ version: 1, apps, generate: apps, clusters: { a: apps[0] } })),
      ),
      { numRuns: 500 },
    )
  })
  it('is read or refused with lines, when it is noise', () => {
    const noise = fc.array(
      fc.constantFrom(
        'a',
        ':',
        ' ',
        '\n',
        '- ',
        '&a ',
        '*a',
        '[',
        '{',
        '}',
        ']',
        '"',
        '!',
        '|',
        '\t',
        '#',
        '<<: ',
        '---\n',
        '? ',
      ),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(noise, (parts) => keepsItsPromise(read, parts.join(''))),
      { numRuns: 1000 },
    )
  })
})

describe('small parts', () => {
  it('reads back every duration that it writes', () => {
    fc.assert(
      fc.property(fc.nat(), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms)
      }),
    )
  })
  it.each([
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['250ms', 250],
    ['5', undefined],
    ['m', undefined],
    ['-5m', undefined],
    ['5 m', undefined],
  ])('reads the duration %s', (text, expected) => expect(parseDuration(text)).toBe(expected))

  it('counts edits as people make them', () => {
    expect(editDistance('sycn', 'sync')).toBe(1)
    expect(editDistance('prune', 'prune')).toBe(0)
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(editDistance(one, other)).toBe(editDistance(other, one))
      }),
    )
  })

  it('finds every folder once', () => {
    expect(foldersOf(['a/b/c.yaml', 'a/d.yaml', 'e.yaml'])).toEqual(['.', 'a', 'a/b'])
  })
})
