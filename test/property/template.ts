import fc from 'fast-check'

/** Plain JSON as it is generated, sent and read: the property test has its own view of objects. */
export type Body = { [key: string]: unknown }

/** Stands for the name of one run in everything that is generated, so that no two runs meet. */
export const RUN = 'RUN'

/** One kind of object: how to make manifests of it, and where it lives. */
export type Template = {
  readonly apiVersion: string
  readonly kind: string
  /** Plural, as in URLs. */
  readonly resource: string
  readonly namespaced: boolean
  /** Patches merge keyed lists: `false` for custom resources. */
  readonly strategic: boolean
  readonly scalable: boolean
  /** A claim that needs a volume of its own to be healthy. */
  readonly bound: boolean
  /** The subject of a case: three manifests of one object that differ in a few options. */
  readonly subject: fc.Arbitrary<Pick<Subject, 'base' | 'head' | 'other'>>
}

/** One object of a case. Manifests have no apiVersion, kind and name yet. */
export type Subject = {
  readonly template: number
  /** Where the manifest stands in Git. */
  readonly presence: 'both' | 'base' | 'head'
  /** Made by somebody else before the first sync. */
  readonly adopted: boolean
  readonly base: Body
  readonly head: Body
  /** What another manager wants it to be. */
  readonly other: Body
}

type Options = { readonly [key: string]: unknown }

const text = fc.constantFrom('one', 'two', 'three')
const labels = fc.option(fc.dictionary(fc.constantFrom('tier', 'example.com/team', 'track'), text, { maxKeys: 2 }), {
  nil: undefined,
})
const annotations = fc.option(
  fc.dictionary(fc.constantFrom('note', 'example.com/owner', 'a.b/c~d'.replace('~', '-')), text, { maxKeys: 2 }),
  { nil: undefined },
)
const metadataOptions = { labels, annotations, hooked: fc.constantFrom(false, false, false, true) }

/** A template out of options: `build` makes a manifest's body of one choice of them. */
export function template<T extends Options>(
  where: {
    readonly apiVersion: string
    readonly kind: string
    readonly resource: string
    readonly cluster?: boolean
    readonly custom?: boolean
    readonly scalable?: boolean
    readonly bound?: boolean
  },
  options: { readonly [K in keyof T]: fc.Arbitrary<T[K]> },
  build: (chosen: T) => object,
): Template {
  const all = { ...metadataOptions, ...options } as { [key: string]: fc.Arbitrary<unknown> }
  const record = fc.record(all)
  const some = fc
    .record({ keys: fc.subarray(Object.keys(all), { maxLength: 4 }), values: record })
    .map(({ keys, values }) => Object.fromEntries(keys.map((key) => [key, values[key]])))
  const body = (chosen: Options): Body => {
    const { labels, annotations, hooked, ...own } = chosen as { labels?: Body; annotations?: Body; hooked?: boolean }
    const built = clean(build(own as unknown as T)) as Body & { metadata?: Body }
    const all = { ...labels, ...(hooked ? { 'example.com/hooked': 'yes' } : {}) }
    const metadata = {
      ...(labels || hooked ? { labels: all } : {}),
      ...(annotations ? { annotations } : {}),
      ...built.metadata,
    }
    return { ...built, metadata }
  }
  return {
    apiVersion: where.apiVersion,
    kind: where.kind,
    resource: where.resource,
    namespaced: !where.cluster,
    strategic: !where.custom,
    scalable: where.scalable ?? false,
    bound: where.bound ?? false,
    // A webhook that chooses objects by a label which the sync itself takes away answers the dry run, not the apply: nobody
    // else sets that label here.
    subject: fc.record({ first: record, second: some, third: some }).map(({ first, second, third }) => {
      const head = { ...first, ...second } as Options & { readonly hooked?: boolean }
      return { base: body(first), head: body(head), other: body({ ...first, ...third, hooked: head.hooked ?? false }) }
    }),
  }
}

/** Drops what is `undefined`, as YAML would. */
function clean(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

/** A value, or none. */
export function maybe<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined })
}

/** Some of these items in any order. */
export function some<T>(items: readonly T[], least = 0, most = items.length): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...items], { minLength: least, maxLength: most })
}

export const oneOf = fc.constantFrom
