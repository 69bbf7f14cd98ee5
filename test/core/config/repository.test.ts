import { describe, expect, it } from 'vitest'
import { foldersOf } from '../../../src/core/config/paths.ts'
import { chooseConfigPath, parseRepositoryConfig } from '../../../src/core/config/repository.ts'
import { linesIn, problemsIn } from './errors.ts'

const path = '.github/drydock.yaml'
const parse = (text: string, folders: readonly string[] = []) => parseRepositoryConfig(text, path, folders)
const app = (...lines: string[]) =>
  ['version: 1', 'apps:', '  - name: shop', ...lines.map((line) => `    ${line}`), ''].join('\n')

const whole = `version: 1
apps:
  - name: shop-production            # unique in the repository
    path: ./apps/shop/overlays/production/
    cluster: production
    namespace: shop
    render: auto
    helm: { releaseName: shop, valueFiles: [values.yaml], values: { replicas: 3 } }
    sync:
      auto: true
      prune: confirm
      selfHeal: true
      timeout: 1h30m
      retry: { limit: 3, backoff: 5s }
      onFailure: hold
      maxPrune: 10
    ignore:
      - { group: apps, kind: Deployment, jsonPointers: [/spec/replicas] }
generate:
  - directories: "apps/*/overlays/*"
    template: { name: "{{ path[1] }}-{{ path[3] }}", cluster: "{{ path[3] }}", namespace: "{{ path[1] }}" }
policies: ["policies/**/*.yaml"]
require: { approvals: 1, upToDate: false }
commands: { sync: write, rollback: maintain, approve: ["@acme/platform"], lock: write }
`

describe('the whole format', () => {
  it('reads every key, with durations in ms and paths in their plain form', () => {
    const config = parse(whole, foldersOf(['apps/blog/overlays/test/kustomization.yaml', 'README.md']))
    expect(config.discovered).toBe(false)
    expect(config.path).toBe(path)
    expect(config.apps[0]).toMatchObject({
      name: 'shop-production',
      path: 'apps/shop/overlays/production',
      cluster: 'production',
      namespace: 'shop',
      helm: { releaseName: 'shop', valueFiles: ['values.yaml'], values: { replicas: 3 } },
      sync: { prune: 'confirm', selfHeal: true, timeoutMs: 5_400_000, retry: { limit: 3, backoffMs: 5000 } },
      ignore: [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }],
      source: { path, line: 3 },
    })
    expect(config.apps[1]).toMatchObject({
      name: 'blog-test',
      path: 'apps/blog/overlays/test',
      cluster: 'test',
      namespace: 'blog',
      source: { path, line: 21 },
    })
    expect(config).toMatchObject({
      require: { approvals: 1 },
      commands: { approve: ['@acme/platform'] },
      policies: ['policies/**/*.yaml'],
    })
  })

  it('fills in the documented defaults and leaves out what has none', () => {
    const [first] = parse(app('path: .')).apps
    expect(first?.sync).toEqual({
      auto: true,
      prune: true,
      selfHeal: false,
      maxPrune: 10,
      onFailure: 'hold',
      timeoutMs: 300_000,
      retry: { limit: 3, backoffMs: 5000 },
    })
    expect(first).toMatchObject({ path: '.', cluster: 'default', render: 'auto', ignore: [], adopt: false })
    expect(Object.keys(first ?? {})).not.toContain('namespace')
    expect(Object.keys(first ?? {})).not.toContain('helm')
  })

  it('says which settings have no effect yet, each with its line', () => {
    const notes = parse(whole).notes.map((each) => `${each.source.line}: ${each.message}`)
    expect(notes).toContain('22: `policies` has no effect in this version of Drydock.')
    expect(notes).toContain('20: `generate[0].directories` matches no folder.')
    expect(parse(app('path: a', 'windows: []').replace('    windows', 'windows')).notes).toEqual([])
  })

  it('has windows, dependencies and rules of health, none of them without effect', () => {
    const config = parse(
      `version: 1
apps:
  - { name: db, path: db }
  - name: web
    path: web
    dependsOn: [db]
    sync: { onFailure: rollback }
    health: [{ group: x.io, kind: X, healthy: "object.status.ok" }]
windows:
  - { kind: allow, schedule: "0 9 * * 1-5", duration: 8h30m, timeZone: Europe/Berlin }
`,
    )
    expect(config.notes).toEqual([])
    expect(config.windows).toEqual([
      { kind: 'allow', schedule: '0 9 * * 1-5', duration: 30_600_000, timeZone: 'Europe/Berlin', apps: ['*'] },
    ])
    expect(config.apps[1]).toMatchObject({
      dependsOn: ['db'],
      sync: { onFailure: 'rollback' },
      health: [{ group: 'x.io', kind: 'X', healthy: 'object.status.ok' }],
    })
  })

  it('takes JSON, anchors and merge keys', () => {
    expect(parse('{"version": 1, "apps": [{"name": "a", "path": "b"}]}').apps[0]?.path).toBe('b')
    const merged = parse(
      'version: 1\napps:\n  - &a\n    name: a\n    path: x\n    cluster: c\n  - <<: *a\n    name: b\n',
    )
    expect(merged.apps.map((each) => [each.name, each.cluster, each.source?.line])).toEqual([
      ['a', 'c', 4],
      ['b', 'c', 8],
    ])
  })
})

describe('mistakes', () => {
  it.each([
    [
      'an unknown key',
      app('path: a', 'sycn: { auto: true }'),
      '5: Unknown key `sycn` in `apps[0]`; did you mean `sync`?',
    ],
    [
      'an unknown nested key',
      app('path: a', 'sync:', '  auto: true', '  prun: true'),
      '7: Unknown key `prun` in `apps[0].sync`; did you mean `prune`?',
    ],
    [
      'an unknown key at the top',
      `${app('path: a')}polices: []\n`,
      '5: Unknown key `polices` at the top of the file; did you mean `policies`?',
    ],
    [
      'an unknown key in a template',
      'version: 1\ngenerate:\n  - directories: a\n    template:\n      name: x\n      clutser: y\n',
      '6: Unknown key `clutser` in `generate[0].template`; did you mean `cluster`?',
    ],
    ['a key like nothing', app('path: a', 'zzz: 1'), '5: Unknown key `zzz` in `apps[0]`.'],
    ['a missing path', app('cluster: a'), '3: `apps[0].path` is missing.'],
    [
      'a wrong type',
      app('path: a', 'sync:', '  auto: yes please'),
      '6: `apps[0].sync.auto` must be true or false. It is "yes please".',
    ],
    ['a number for a text', app('path: 7'), '4: `apps[0].path` must be a text. It is 7.'],
    [
      'a wrong word',
      app('path: a', 'render: kustomise'),
      '5: `apps[0].render` must be one of auto, plain, kustomize, helm. It is "kustomise".',
    ],
    [
      'neither of two types',
      app('path: a', 'sync: { prune: maybe }'),
      '5: `apps[0].sync.prune` must be true, false or confirm. It is "maybe".',
    ],
    [
      'a duration without unit',
      app('path: a', 'sync: { timeout: 300 }'),
      '5: `apps[0].sync.timeout` must be a duration with a unit, such as 5m or 1h30m. It is 300.',
    ],
    [
      'a negative limit',
      app('path: a', 'sync: { maxPrune: -1 }'),
      '5: `apps[0].sync.maxPrune` must be at least 0. It is -1.',
    ],
    [
      'an upper-case name',
      'version: 1\napps:\n  - path: a\n    name: Shop\n',
      '4: `apps[0].name` must be lower-case letters, digits and `-`, at most 63, with a letter or digit at both ends (RFC 1123). It is "Shop".',
    ],
    [
      'a path upwards',
      app('path: ../other'),
      '4: `apps[0].path` must not leave its folder: `..` is not allowed. It is "../other".',
    ],
    [
      'an absolute path',
      app('path: /etc'),
      '4: `apps[0].path` must be relative to the root of the repository. It is "/etc".',
    ],
    [
      'a path like an option',
      app('path: a/-x'),
      '4: `apps[0].path` must not hold a folder whose name starts with `-`. It is "a/-x".',
    ],
    [
      'a value file outside',
      app('path: a/b', 'helm: { valueFiles: [../../../x.yaml] }'),
      '3: The value file "../../../x.yaml" of `shop` must not leave the repository.',
    ],
    [
      'a value file from the web',
      app('path: a', 'helm: { valueFiles: ["https://example.com/v.yaml"] }'),
      '3: The value file "https://example.com/v.yaml" of `shop` must be a file of this repository, not a URL.',
    ],
    [
      'an unknown dependency',
      app('path: a', 'dependsOn: [db]'),
      '5: `shop` depends on `db`, which is no app of this file.',
    ],
    [
      'apps that wait for each other',
      'version: 1\napps:\n  - { name: web, path: a, dependsOn: [api] }\n  - name: api\n    path: b\n    dependsOn:\n      - web\n',
      '7: These apps wait for each other: `web` → `api` → `web`.',
    ],
    [
      'a schedule that is none',
      `${app('path: a')}windows:\n  - { kind: deny, duration: 1h, schedule: "0 24 * * *" }\n`,
      '6: `windows[0].schedule` must be five cron fields, such as `0 22 * * 1-5` (Invalid value for hour: 24). It is "0 24 * * *".',
    ],
    [
      'a time zone that is none',
      `${app('path: a')}windows:\n  - kind: deny\n    duration: 1h\n    schedule: "0 2 * * *"\n    timeZone: Mars/Base\n`,
      '9: `windows[0].timeZone` must be an IANA time zone, such as Europe/Berlin. It is "Mars/Base".',
    ],
    [
      'more windows than can be looked at each time',
      `${app('path: a')}windows:\n${'  - { kind: deny, duration: 1h, schedule: "0 2 * * *" }\n'.repeat(51)}`,
      '5: `windows` must be at most 50 items long. It is a list.',
    ],
    [
      'a window that never lasts',
      `${app('path: a')}windows:\n  - { kind: deny, duration: 0s, schedule: "0 2 * * *" }\n`,
      '6: `windows[0].duration` must be longer than nothing. It is "0s".',
    ],
    [
      'a rule of health that can never be true',
      app('path: a', 'health:', '  - { group: x.io, kind: X, healthy: "1 + 1" }'),
      '6: `apps[0].health[0].healthy` must be a CEL expression on `object` that is true or false (it is a int, not true or false). It is "1 + 1".',
    ],
    ['another version', 'version: 2\napps: []\n', '1: `version` must be 1. It is 2.'],
    [
      'an infinite number',
      app('path: a', 'helm: { values: { x: [.inf] } }'),
      '5: `apps[0].helm.values` must not hold infinite numbers. It is a mapping.',
    ],
    [
      'a word that YAML reads as a boolean',
      app('path: a', 'cluster: on'),
      '5: `apps[0].cluster` must be a text. It is true.',
    ],
    [
      'a key that is no text',
      app('path: a', 'helm: { values: { 1: x } }'),
      '5: The YAML is broken: the key 1 is not text; write it in quotes.',
    ],
    ['an empty file', '# nothing\n', '1: The file must be a mapping of keys. It is empty.'],
    ['a list', '- a\n', '1: The file must be a mapping of keys. It is a list.'],
    ['no app', 'version: 1\n', '1: The file names no app.'],
    [
      'a JSON pointer without slash',
      app('path: a', 'ignore:', '  - jsonPointers: [spec.replicas]'),
      '6: `apps[0].ignore[0].jsonPointers[0]` must be a JSON pointer to a field, such as /spec/replicas (write `/` as ~1 and `~` as ~0). It is "spec.replicas".',
    ],
    [
      'broken YAML',
      'version: 1\napps:\n  - name: a\n  path: b\n',
      '4: The YAML is broken: bad indentation of a mapping entry.',
    ],
    [
      'a tab',
      'version: 1\napps:\n\t- name: a\n',
      '3: The YAML is broken: tab characters must not be used in indentation.',
    ],
    ['a key twice', 'version: 1\nversion: 1\n', '2: The YAML is broken: duplicated mapping key.'],
    ['an unknown tag', 'version: !env X\n', '1: The YAML is broken: unknown scalar tag !<!env>.'],
    [
      'two documents',
      'version: 1\n---\nversion: 1\n',
      '1: The YAML is broken: expected a single document in the stream, but found more.',
    ],
  ])('%s is refused with its line', (_, text, expected) => {
    expect(linesIn(() => parse(text))).toContain(expected)
  })

  it('are all reported, not just the first, and each is config-invalid', () => {
    const problems = problemsIn(() => parse(app('path: /etc', 'sync: { auto: 1, prne: true }', 'zzz: 1')))
    expect(problems.map((each) => each.code)).toEqual(Array(4).fill('config-invalid'))
    expect(problems.map((each) => each.source)).toEqual(
      [4, 5, 5, 5].map((line, index) => ({ path, line: index === 3 ? 6 : line })),
    )
  })

  it('in names of apps name both lines', () => {
    const text = 'version: 1\napps:\n  - name: a\n    path: x\n  - path: z\n    name: a\n'
    expect(linesIn(() => parse(text))).toEqual(['6: Two apps are named `a`: here (`z`) and line 3.'])
  })

  it('never quote a whole value or a mention', () => {
    const [problem] = problemsIn(() => parse(app(`path: "/\`@acme/all\` ${'x'.repeat(500)}"`)))
    expect(problem?.message.length).toBeLessThan(200)
    expect(problem?.message.match(/`/g)).toHaveLength(2)
  })

  it('in aliases can not blow up a small file', () => {
    const bomb = ['version: 1', 'a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]']
    for (let letter = 1; letter < 12; letter++) {
      const [from, to] = [String.fromCharCode(96 + letter), String.fromCharCode(97 + letter)]
      bomb.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join(', ')}]`)
    }
    expect(linesIn(() => parse(bomb.join('\n')))).toEqual([
      '1: The file holds more than 100000 values, counting what its aliases stand for.',
    ])
  })
})

describe('generate', () => {
  const rule = (directories: string, template: string) =>
    `version: 1\ngenerate:\n  - directories: "${directories}"\n    template:\n      name: "${template}"\n      helm: { valueFiles: ["../{{ path[1] }}.yaml"], values: { text: "{{ .Chart }}" } }\n`

  it('makes an app of each folder, of depth that the glob says', () => {
    const folders = foldersOf(['apps/a/x/f.yaml', 'apps/b/f.yaml', 'apps/c/y/z/f.yaml'])
    const config = parse(rule('apps/*/*', '{{path[1]}}-{{ path[2] }}'), folders)
    expect(config.apps.map((each) => [each.name, each.path])).toEqual([
      ['a-x', 'apps/a/x'],
      ['c-y', 'apps/c/y'],
    ])
    expect(config.apps[0]?.helm).toEqual({ valueFiles: ['../a.yaml'], values: { text: '{{ .Chart }}' } })
  })

  it.each([
    [
      'an unknown expression',
      '{{ env.X }}',
      '5: `generate[0].template.name` holds the unknown expression `{{ env.X }}`.',
    ],
    [
      'a segment that is not there',
      '{{ path[7] }}',
      '5: `generate[0].template.name` asks for segment 7 of `apps/Blog`.',
    ],
    ['open braces', '{{ path[1]', '5: `generate[0].template.name` holds braces that do not match.'],
    [
      'a name that is none',
      '{{ path[1] }}',
      '5: `generate[0].template.name` must be lower-case letters, digits and `-`, at most 63, with a letter or digit at both ends (RFC 1123). It is "Blog". (made of the folder `apps/Blog`)',
    ],
  ])('refuses %s', (_, name, expected) => {
    expect(linesIn(() => parse(rule('apps/*', name), ['apps', 'apps/Blog']))).toContain(expected)
  })

  it('refuses two folders that make one name', () => {
    expect(linesIn(() => parse(rule('*/*', '{{ path[1] }}'), ['x/a', 'y/a']))).toEqual([
      '5: Two apps are named `a`: here (`y/a`) and `x/a`.',
    ])
  })

  it('refuses globs that cost too much to match', () => {
    expect(linesIn(() => parse(rule('(a+)+b', 'x')))[0]).toMatch(/must be a glob of names/)
    expect(linesIn(() => parse(rule('*a*a*a*a*a', 'x')))[0]).toMatch(/must not hold more than/)
  })
})

describe('the file itself', () => {
  it('may have either ending, but not both', () => {
    expect(chooseConfigPath(['.github/drydock.yml', 'a'])).toBe('.github/drydock.yml')
    expect(chooseConfigPath(['drydock.yaml'])).toBeUndefined()
    expect(() => chooseConfigPath(['.github/drydock.yml', '.github/drydock.yaml'])).toThrow(/two configuration files/)
  })
})
