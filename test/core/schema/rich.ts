import type { Json, JsonObject } from '../../../src/core/model/object.ts'

/** A field of the rich definition: its schema, values that the API server takes, and values that it might not. */
export type Sample = { readonly schema: JsonObject; readonly good: readonly Json[]; readonly odd: readonly Json[] }

const text = (more: JsonObject = {}): JsonObject => ({ type: 'string', ...more })
const whole = (more: JsonObject = {}): JsonObject => ({ type: 'integer', ...more })
const struct = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more })
const list = (items: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'array', items, ...more })
const map = (additionalProperties: Json, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  additionalProperties,
  ...more,
})
const preserve = { 'x-kubernetes-preserve-unknown-fields': true }
const embedded = { 'x-kubernetes-embedded-resource': true }
const keyed = (...keys: readonly string[]): JsonObject => ({
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': keys,
})
const set = { 'x-kubernetes-list-type': 'set' }

const format = (name: string, good: readonly string[], odd: readonly string[]): Sample => ({
  schema: text({ format: name }),
  good,
  odd: [...odd, '', ' ', 'x', 5],
})

/** Formats, each with texts on both sides of its border. */
const formats: Readonly<Record<string, Sample>> = {
  bsonobjectid: format(
    'bsonobjectid',
    ['507f1f77bcf86cd799439011'],
    ['507f1f77bcf86cd79943901', 'z07f1f77bcf86cd799439011'],
  ),
  uri: format(
    'uri',
    [
      'http://a.b',
      'https://a.b:80/c?d=e f#g',
      '/a/b',
      'urn:a:b',
      'a:',
      'http://[::1]:80/x',
      '//a',
      '/a b',
      'http://u:p@a/%20',
      'mailto:x@y',
      '*',
    ],
    [
      'a/b',
      ':a',
      'http://a b/',
      'http://[::1',
      'http://a:x/',
      '/%zz',
      'http://a%20b',
      '1http://x',
      'http://',
      '/\n',
      'a b:c',
      'http://a%zz',
      'http://u p@a',
      '///a',
      'http://a^b',
      'http://%e4',
      '//a b',
      '-a:b',
      '//a:b',
    ],
  ),
  email: format(
    'email',
    ['a@b', 'a.b+c@d.example', 'Ann <a@b.c>', '"Ann B" <a@b>', 'Ann B. C <a@b>', '"a b"@c', ' a@b ', '<a@b>'],
    [
      'a',
      '@b',
      'a@',
      'a b@c',
      'a@b c',
      'a@b@c',
      '.a@b',
      'a.@b',
      'a..b@c',
      'a@b.',
      'a@.b',
      'a <a@b',
      'Ann <a@b> x',
      'a@[1.2.3.4]',
      '<>',
      'a,b@c',
      '"a@b',
    ],
  ),
  hostname: format(
    'hostname',
    ['a', 'aa', 'a-b', 'a-', 'ä.de', 'a-b.example.com', 'ab.c.dd', 'A.BC'],
    [
      '-a',
      'a..b',
      'a_b',
      '.a',
      'a.bc.',
      'a b',
      'a.b',
      'a.b1',
      '1.2.3.4',
      'a--b',
      'a.-bc',
      'a-.bc',
      'a'.repeat(64),
      `${'a'.repeat(63)}.bc`,
      `${'a'.repeat(64)}.bc`,
      `${'abc.'.repeat(64)}com`,
      `a.${'b'.repeat(64)}`,
    ],
  ),
  ipv4: format(
    'ipv4',
    ['1.2.3.4', '255.255.255.255', '::ffff:1.2.3.4', '0001.2.3.0255', '1::1.2.3.04'],
    ['1.2.3', '1.2.3.256', '1.2.3.4.5', '::1', '1.2.3.4/8', '1.2.3.-4'],
  ),
  ipv6: format(
    'ipv6',
    ['::', '::1', '1:2:3:4:5:6:7:8', 'fe80::1', '::ffff:1.2.3.4', 'ABCD::', '1:2:3:4:5:6:1.2.3.4', '0001::', '1::8'],
    [
      '1.2.3.4',
      ':::',
      '1:2:3',
      '1::2::3',
      '12345::',
      'fe80::1%eth0',
      '1:2:3:4:5:6:7::8',
      '1:2:3:4:5:6:7:8:9',
      '1.2.3.4::',
      ':1',
      '1:',
      '1:2:3:4:5:6:7:1.2.3.4',
      '::1.2.3',
      '1::2:3:4:5:6:7',
      '::2:3:4:5:6:7:8',
    ],
  ),
  cidr: format(
    'cidr',
    ['1.2.3.4/8', '::/0', '1.2.3.4/32', '::1/128', '1.2.3.4/08'],
    [
      '1.2.3.4',
      '1.2.3.4/33',
      '::/129',
      '1.2.3.4/-1',
      '1.2.3/8',
      '1.2.3.4/',
      '/8',
      '1.2.3.4/8/8',
      '1.2.3.4/+8',
      '::ffff:1.2.3.4/100',
    ],
  ),
  mac: format(
    'mac',
    ['01:23:45:67:89:ab', '01-23-45-67-89-AB', '0123.4567.89ab', '01:23:45:67:89:ab:cd:ef', '0123.4567.89ab.cdef'],
    ['01:23:45:67:89', '01:23-45:67:89:ab', '0123456789ab', '01:23:45:67:89:ag', '0123.4567'],
  ),
  uuid: format(
    'uuid',
    ['123e4567-e89b-12d3-a456-426614174000', '123E4567e89b12d3a456426614174000'],
    ['123e4567-e89b-12d3-a456-42661417400', '{123e4567-e89b-12d3-a456-426614174000}'],
  ),
  uuid3: format('uuid3', ['123e4567-e89b-32d3-a456-426614174000'], ['123e4567-e89b-12d3-a456-426614174000']),
  uuid4: format('uuid4', ['123e4567-e89b-42d3-a456-426614174000'], ['123e4567-e89b-42d3-c456-426614174000']),
  uuid5: format('uuid5', ['123e4567-e89b-52d3-b456-426614174000'], ['123e4567-e89b-42d3-b456-426614174000']),
  isbn: format(
    'isbn',
    ['0321751043', '978-0321751041', '978 0321751041', '0-321-75104-3', '080442957X'],
    ['0321751044', '978-0321751042', '03217510430', '080442957x'],
  ),
  isbn10: format('isbn10', ['0321751043'], ['978-0321751041']),
  isbn13: format('isbn13', ['978-0321751041'], ['0321751043']),
  creditcard: format(
    'creditcard',
    ['4111111111111111', '4111-1111-1111-1111', '5555555555554444', '378282246310005'],
    ['4111111111111112', '1234', '4111 1111', '4222222222222'],
  ),
  ssn: format('ssn', ['123-45-6789', '123 45 6789'], ['123-45-678', '123456789', '12-345-6789', 'a123-45-6789']),
  hexcolor: format('hexcolor', ['#FFFFFF', 'fff', '#abc'], ['#ffff', 'ggg', '##fff']),
  rgbcolor: format(
    'rgbcolor',
    ['rgb(1,2,3)', 'rgb(255, 0, 10)', 'rgb(1 ,2 ,3)', 'rgb( 1,2,3 )'],
    ['rgb(256,0,0)', 'rgb(1,2)', 'rgb(01,2,3)', 'RGB(1,2,3)', 'rgb(  1,2,3)'],
  ),
  byte: format(
    'byte',
    ['YQ==', 'YWI=', 'YWJj', 'AAAA'],
    ['YQ', 'YQ=', 'Y===', 'YWJj====', 'Y-==', 'YQ==\n', '====', 'Y=Q='],
  ),
  password: { schema: text({ format: 'password' }), good: ['', 'x'], odd: [5] },
  date: format(
    'date',
    ['2024-02-29', '0001-01-01', '0000-01-01'],
    ['2023-02-29', '2024-13-01', '2024-1-1', '2024-01-32', '2024-00-10', '2024-01-01T00:00:00Z', '99999-01-01'],
  ),
  'date-time': format(
    'date-time',
    ['2024-01-01T00:00:00Z', '2024-01-01t00:00:00.123456789z', '2024-01-01T23:59:59+02:00', '2024-01-01T00:00:00,5Z'],
    [
      '2024-01-01',
      '2024-01-01 00:00:00Z',
      '2024-01-01T24:00:00Z',
      '2024-01-01T00:60:00Z',
      '2024-01-01T00:00:60Z',
      '2024-01-01T00:00:00',
      '2024-01-01T00:00:00+0200',
      '2023-02-30T00:00:00Z',
      '2024-01-01T00:00:00ZT',
      '2024-01-01T00:00:00.Z',
      '2024-01-01T00:00:00Z\n',
    ],
  ),
  duration: format(
    'duration',
    [
      '1h',
      '1h30m',
      '-1.5h',
      '0',
      '22 ns',
      '2 weeks',
      '3d',
      '1 day 2 hours',
      '+5s',
      '.5s',
      '1us',
      '1µs',
      '1μs',
      '5 secs',
      '1 minute',
      '100wk',
    ],
    [
      '1',
      '1x',
      'h',
      '-',
      '1 h m',
      '1.5 days',
      '1h-1m',
      '-2 days',
      '9999999999h',
      '1 hx',
      '5 secsome',
      '1dd',
      '1 d x',
      '1h 5 x',
      ' 1h',
      '1h ',
      '99999999999999999999 d',
      '2540400h',
      '-2562047h47m16.854775808s',
      '1.h',
      '.h',
      'µs',
      '1.5.5s',
    ],
  ),
  'k8s-short-name': format('k8s-short-name', ['a', 'a-b', '1'], ['A', '-a', 'a.b', 'a'.repeat(64)]),
  'k8s-long-name': format('k8s-long-name', ['a', 'a.b', 'a-b.c'], ['a..b', 'A', 'a_b', 'a'.repeat(254)]),
  whatever: { schema: text({ format: 'whatever' }), good: ['x'], odd: [1] },
  int32: { schema: whole({ format: 'int32' }), good: [1, 3_000_000_000], odd: ['1', 1.5] },
  int64: {
    schema: whole({ format: 'int64' }),
    good: [9223372036854775807n, -9223372036854775808n],
    odd: [9223372036854775808n, '1'],
  },
  float: {
    schema: { type: 'number', format: 'float' },
    good: [1, 1.5, 1e300, 99999999999999999999n],
    odd: ['1', true],
  },
}

const patterns: Readonly<Record<string, Sample>> = {
  word: { schema: text({ pattern: '^a+$' }), good: ['a', 'aaa'], odd: ['', 'b', 'ab', 'a\n'] },
  // What backtracks for ever elsewhere.
  nested: {
    schema: text({ pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?\\.)+[a-z]{2,}$', maxLength: 5000 }),
    good: ['a.bc', 'a-b.c.de', `${'a'.repeat(3000)}.de`],
    odd: ['a', 'a-.bc', '-a.bc', 'a.b', `${'a-'.repeat(2000)}!`],
  },
  flags: { schema: text({ pattern: '(?i)^(?P<x>abc|k)$' }), good: ['ABC', 'aBc', 'K', '\u212a'], odd: ['abcd', 'ab'] },
  lines: { schema: text({ pattern: '(?m)^b$' }), good: ['b', 'a\nb\nc'], odd: ['ab', 'a\nbc'] },
  classes: {
    schema: text({ pattern: '^[[:alpha:]_\\d-]\\pL[^\\s\\x41]\\W$' }),
    good: ['aäz!', '-ab.'],
    odd: ['!äz!', 'aäA!', 'a1z!', 'aäzw', 'aäzä!'],
  },
  edges: {
    schema: text({ pattern: '\\bfoo\\b.{0,3}\\z' }),
    good: ['a foo', 'foo bar'.slice(0, 6)],
    odd: ['afoo', 'foo bars', 'foo\n'],
  },
  quoted: { schema: text({ pattern: '^\\Qa.b\\E{2}a{,3}$' }), good: ['a.bba{,3}'], odd: ['a.ba.baaa', 'axbba{,3}'] },
  greek: { schema: text({ pattern: '^\\p{Greek}+$|^\\P{L}$' }), good: ['αβγ', '1'], odd: ['abc', 'αb'] },
  empty: { schema: text({ pattern: '^(|a*)*$' }), good: ['', 'aa'], odd: ['b'] },
}

const scalars: Readonly<Record<string, Sample>> = {
  replicas: { schema: whole({ default: 1 }), good: [0, 2147483647, null], odd: [-1, 2147483648, 1.5, 'a'] },
  whole: { schema: whole(), good: [0, -5, 1e15], odd: [1.5, 'a', null, true, 1e21, {}, [], -0] },
  number: { schema: { type: 'number' }, good: [1, 1.5, -0.25], odd: ['1', null, true] },
  range: { schema: whole({ minimum: 1, maximum: 5, exclusiveMaximum: true }), good: [1, 4], odd: [0, 5, -1] },
  open: {
    schema: { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 2.5 },
    good: [0.1, 2.5, 2, 1],
    odd: [0, 2.6, -1, 3],
  },
  below: { schema: whole({ maximum: -0.5 }), good: [-1, 0], odd: [1] },
  large: {
    schema: whole({ maximum: 9007199254740993n, minimum: -9007199254740993n }),
    good: [9007199254740992n],
    odd: [9007199254740994n, 9007199254740993n],
  },
  times: { schema: whole({ multipleOf: 3 }), good: [0, 9, -3], odd: [4] },
  part: { schema: { type: 'number', multipleOf: 0.1 }, good: [0.3, 0.7, 1.1], odd: [0.35, 3, 0, 0.30000001] },
  half: { schema: { type: 'number', multipleOf: 2.5 }, good: [-2.5, 7.5, 4], odd: [5, -3, 0.5] },
  flag: { schema: { type: 'boolean' }, good: [true, false], odd: ['true', 0, null] },
  short: {
    schema: text({ minLength: 1, maxLength: 3 }),
    good: ['a', 'äöü', '😀😀😀'],
    odd: ['', 'abcd', '😀😀😀😀', null],
  },
  choice: { schema: text({ enum: ['a', 'b'] }), good: ['a'], odd: ['c', null, 97, 'A'] },
  number1: { schema: { type: 'number', enum: [1, 2.5] }, good: [1, 2.5], odd: [3, 1.5, 2] },
  choiceOrNull: { schema: text({ nullable: true, enum: ['a', null] }), good: ['a'], odd: [null, 'b'] },
  object1: {
    schema: { type: 'object', ...preserve, enum: [{ a: 1, b: [2] }] },
    good: [{ b: [2], a: 1 }],
    odd: [{ a: 2 }, {}],
  },
  nullable: { schema: text({ nullable: true }), good: [null, 'a'], odd: [1] },
  intOrText: { schema: { 'x-kubernetes-int-or-string': true }, good: [1, 'a', '50%'], odd: [1.5, true, null, {}] },
  percent: {
    schema: {
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      pattern: '^[0-9]+%?$',
      'x-kubernetes-int-or-string': true,
    },
    good: [1, '50%'],
    odd: ['x', 1.5],
  },
  anything: { schema: preserve, good: [1, 'a', [1, null, { a: null }], { b: { c: 1 } }, null], odd: [] },
  limited: {
    schema: { nullable: true, ...preserve, minLength: 3, minimum: 4 },
    good: [null, 'abc', 4, [1], {}],
    odd: ['ab', 3],
  },
  composed: {
    schema: text({ allOf: [{ minLength: 2 }, { pattern: '^x' }], anyOf: [{ maxLength: 3 }, { pattern: 'z$' }] }),
    good: ['xyy', 'xyyyz'],
    odd: ['y', 'xyyyy', 'x', 5],
  },
}

const structures: Readonly<Record<string, Sample>> = {
  one: {
    schema: struct({ a: text(), b: text() }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }),
    good: [{ a: '1' }, { b: '1' }],
    odd: [{}, { a: '1', b: '2' }, { a: 1 }, null],
  },
  either: {
    schema: struct(
      { kind: text(), size: whole() },
      {
        anyOf: [
          { properties: { kind: { enum: ['x'] } } },
          { required: ['size'], properties: { size: { minimum: 3 } } },
        ],
      },
    ),
    good: [{ kind: 'x' }, { kind: 'y', size: 3 }, {}],
    odd: [{ kind: 'y' }, { kind: 'y', size: 2 }],
  },
  not: {
    schema: struct({ a: text(), b: text() }, { not: { required: ['a', 'b'] } }),
    good: [{ a: '1' }, {}],
    odd: [{ a: '1', b: '2' }],
  },
  required: {
    schema: struct({ r: text(), o: text(), d: text({ default: 'x' }) }, { required: ['r', 'd'] }),
    good: [{ r: '1' }, { r: '1', o: '2', d: 'y' }, { r: '' }],
    odd: [{}, { r: null }, { r: '1', zz: 1 }, null, { r: '1', o: { p: 1 } }],
  },
  nullableObject: {
    schema: struct({ r: text({ default: 'q' }) }, { nullable: true }),
    good: [null, {}, { r: 'a' }],
    odd: [[]],
  },
  defaults: {
    schema: struct(
      {
        a: whole({ default: 1 }),
        n: text({ nullable: true, default: 'n' }),
        deep: struct(
          { b: text({ default: 'b' }), c: list(struct({ d: whole({ default: 2 }) })) },
          { default: { c: [{}] } },
        ),
        plain: struct({ e: { type: 'boolean', default: false } }),
      },
      { default: {} },
    ),
    good: [
      {},
      { a: null },
      { n: null },
      { deep: {} },
      { deep: null },
      { deep: { c: [{}, { d: null }] } },
      { plain: {} },
    ],
    odd: [{ plain: null }, { deep: { c: [null] } }, { deep: { c: null } }, null],
  },
  kept: {
    schema: {
      type: 'object',
      ...preserve,
      properties: { a: whole(), n: struct({ x: text(), d: text({ default: 'e' }) }), l: list(struct({ y: text() })) },
    },
    good: [{ z: { y: [1] } }, { n: { x: '1', y: 2 } }, { l: [{ y: '1', q: 1 }] }, { z: null }],
    odd: [{ a: 'x' }, { a: null }, { n: { x: 1 } }],
  },
  keptInside: {
    schema: {
      type: 'object',
      ...preserve,
      properties: { n: struct({ x: text() }, { maxProperties: 1 }), m: struct({ x: text() }, { minProperties: 1 }) },
    },
    good: [{ n: { x: '1' } }, { m: { y: 2 } }],
    odd: [{ n: { x: '1', y: 2 } }, { m: {} }],
  },
  bare: { schema: { type: 'object' }, good: [{}, { a: 1, b: { c: 2 } }], odd: [[], 'x', null] },
  numbers: {
    schema: map(whole({ minimum: 1 }), { minProperties: 1, maxProperties: 2 }),
    good: [{ a: 1 }, { a: 1, b: 2 }],
    odd: [{}, { a: 0 }, { a: 1, b: 2, c: 3 }, { a: null }, { a: 'x' }, []],
  },
  anyMap: {
    schema: map(true),
    good: [{ a: 1 }, { a: { b: 1 } }, { a: [1, { b: 2 }], c: null }, { a: [[{ b: 1 }]] }],
    odd: [[]],
  },
  objectMap: {
    schema: map(struct({ d: text({ default: 'dd' }) })),
    good: [{ a: {} }, { a: { d: null } }, {}],
    odd: [{ a: null }, { a: { e: 1 } }, { a: { d: 1 } }],
  },
  defaultMap: { schema: map(whole({ default: 7 })), good: [{ a: null, b: 2 }], odd: [{ a: 'x' }] },
  nullMap: { schema: map(whole({ nullable: true })), good: [{ a: null }], odd: [{ a: 'x' }] },
  keptMap: {
    schema: map({ type: 'object', ...preserve, properties: { a: whole() } }),
    good: [{ x: { z: 1 } }],
    odd: [{ x: { a: 'b' } }, { x: 1 }],
  },
  numberList: {
    schema: list(whole(), { minItems: 1, maxItems: 2 }),
    good: [[1], [1, 1]],
    odd: [[], [1, 2, 3], ['x'], [null], {}, null],
  },
  nullList: { schema: list(whole({ nullable: true })), good: [[null, 1]], odd: [['x']] },
  defaultList: {
    schema: list(
      struct(
        { d: whole({ default: 3 }), e: struct({ f: text({ default: 'g' }) }, { default: {} }) },
        { default: { d: 9 } },
      ),
    ),
    good: [[{}, { d: null, e: null }], [{ e: { f: null } }], [null]],
    odd: [[{ g: 1 }], [[]]],
  },
  lists: {
    schema: list(list(struct({ a: whole() }))),
    good: [[[{ a: 1 }], []]],
    odd: [[[{ b: 1 }]], [[{ a: 'b' }]], [null], [{}]],
  },
  set: {
    schema: list(text(), set),
    good: [['a', 'b'], []],
    odd: [['a', 'a'], ['a', 'b', 'a', 'a'], [null], [{}], [['a']], [1]],
  },
  numberSet: {
    schema: list(whole(), set),
    good: [[1, 2]],
    odd: [
      [1, 1, 1],
      [1, 1.5],
      [1, 'a'],
      [0, -0],
    ],
  },
  ports: {
    schema: list(
      struct({ name: text(), protocol: text({ default: 'TCP' }), port: whole() }, { required: ['name'] }),
      keyed('name', 'protocol'),
    ),
    good: [[{ name: 'a' }, { name: 'a', protocol: 'UDP' }], [{ name: 'a', protocol: null }]],
    odd: [
      [{ name: 'a' }, { name: 'a', protocol: 'TCP' }],
      [{ port: 1 }],
      [null],
      ['x'],
      [{ name: null }],
      [{ name: 1 }],
      [{ name: 'a', x: 1 }],
    ],
  },
  byNumber: {
    schema: list(
      struct({ k: whole({ default: 5 }), o: struct({ a: text() }, { 'x-kubernetes-map-type': 'atomic' }) }),
      keyed('k'),
    ),
    good: [[{}], [{ k: null }, { k: 6 }]],
    odd: [[{}, { k: 5 }], [{ o: { b: 1 } }], [{ k: 1 }, { k: 2 }, { k: 1 }, { k: 1 }]],
  },
  template: {
    schema: { type: 'object', ...embedded, ...preserve },
    good: [
      { apiVersion: 'v1', kind: 'Pod' },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'A_', labels: { a: 'b' } }, spec: { x: [1] } },
      { apiVersion: 'apps/v1', kind: 'Pod', metadata: null, spec: null },
      { apiVersion: 'v1', kind: 'Pod', metadata: { labels: null, annotations: { a: null, 'x.y/Z': '' } } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: '', labels: {}, finalizers: [] } },
    ],
    odd: [
      {},
      { apiVersion: 'v1' },
      { apiVersion: 'v1/2/3', kind: 'Po_d' },
      { apiVersion: '', kind: '' },
      { apiVersion: 1, kind: true },
      { apiVersion: null, kind: 'Pod' },
      { apiVersion: 'v1', kind: 'Pod', metadata: { foo: 1 } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { a: 1 } } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { 'a b': 'b' } } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { a: 'b c' } } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { annotations: { 'a b': '' } } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'A b' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { generation: -1 } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a/b' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { finalizers: ['a b'] } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { ownerReferences: [{ a: 1 }] } },
      { apiVersion: 'v1', kind: 'Pod', metadata: 'x' },
      null,
    ],
  },
  closedTemplate: {
    schema: { type: 'object', ...embedded, properties: { spec: struct({ a: text({ default: 'b' }) }) } },
    good: [{ apiVersion: 'v1', kind: 'Pod', spec: {} }],
    odd: [{ apiVersion: 'v1', kind: 'Pod', x: 1 }, { apiVersion: 'v1', kind: 'Pod', spec: { z: 1 } }, { spec: {} }],
  },
}

/** Every field of the rich definition. */
export const samples: Readonly<Record<string, Sample>> = Object.fromEntries(
  Object.entries({ formats, patterns, scalars, structures }).flatMap(([group, fields]) =>
    Object.entries(fields).map(([name, sample]) => [`${group}-${name}`, sample]),
  ),
)

/** A definition whose `spec` has all of these fields; `v2` isn't served. */
export function richDefinition(group: string): JsonObject {
  const properties = Object.fromEntries(Object.entries(samples).map(([name, { schema }]) => [name, schema]))
  const status = struct({ s: whole({ minimum: 3 }), d: text({ default: 'e' }), l: list(text(), set) })
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.scalars-replicas', statusReplicasPath: '.status.s' },
          },
          schema: { openAPIV3Schema: struct({ spec: struct(properties, { default: {} }), status }) },
        },
        { name: 'v2', served: false, storage: false, schema: { openAPIV3Schema: { type: 'object' } } },
      ],
    },
  }
}
