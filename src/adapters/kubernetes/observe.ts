import type { KindInfo } from '../../core/model/kinds.ts'
import type { LiveObject } from '../../core/model/object.ts'
import { identityOf, type ObjectReference, referenceOf } from '../../core/model/reference.ts'
import type { Connection } from './connection.ts'
import { type Collection, follow, StreamRefused } from './follow.ts'

type Seen = (reference: ObjectReference, object: LiveObject | undefined) => void

/** The wanted objects of one kind. */
type Wanted = { readonly kind: KindInfo; readonly references: Map<string, ObjectReference> }

/**
 * Watches objects by list and watch, one stream for each kind. Where the objects of a kind are in several namespaces, that
 * is a stream of the whole cluster by the label, and one for each namespace where the server forbids that. A stream that
 * ends or expires (410) is listed again, so that nothing is missed; one that can't be kept up throws.
 */
export async function observe(
  connection: Connection,
  find: (reference: ObjectReference) => KindInfo,
  references: readonly ObjectReference[],
  seen: Seen,
  options: { readonly signal: AbortSignal; readonly labelSelector?: string },
): Promise<void> {
  const kinds = new Map<string, Wanted>()
  for (const reference of references) {
    const kind = find(reference)
    const key = `${kind.apiVersion} ${kind.kind}`
    const wanted = kinds.get(key) ?? { kind, references: new Map() }
    wanted.references.set(identityOf(reference), reference)
    kinds.set(key, wanted)
  }
  await together([...kinds.values()], options.signal, (wanted, signal) =>
    observeKind(connection, wanted, seen, signal, options.labelSelector),
  )
}

/**
 * Watches the objects of a kind that the selectors fit, in one namespace or in all: `seen` is called with each state of
 * each, the present ones first; `gone` with the last state of one that went, also while no stream was open. Ends by the
 * signal; throws `cluster-refused` or `cluster-unreachable` when the watch can't be kept up.
 */
export async function watch(
  connection: Connection,
  kind: KindInfo,
  seen: (object: LiveObject, gone: boolean) => void,
  options: {
    readonly signal: AbortSignal
    readonly namespace?: string
    readonly labelSelector?: string
    readonly fieldSelector?: string
  },
): Promise<void> {
  const known = new Map<string, LiveObject>()
  const note = (object: LiveObject) => {
    const identity = identityOf(referenceOf(object))
    const before = known.get(identity)
    if (before && before.metadata.uid !== object.metadata.uid) seen(before, true)
    known.set(identity, object)
    // A list after a lost stream repeats what is known.
    if (before?.metadata.resourceVersion !== object.metadata.resourceVersion) seen(object, false)
  }
  const forget = (object: LiveObject) => {
    if (known.delete(identityOf(referenceOf(object)))) seen(object, true)
  }
  const { namespace, labelSelector, fieldSelector, signal } = options
  const collection: Collection = { kind, namespace, labelSelector, fieldSelector }
  await follow(connection, collection, signal, {
    listed: (objects) => {
      const present = new Set(objects.map((object) => identityOf(referenceOf(object))))
      for (const [identity, object] of [...known]) if (!present.has(identity)) forget(object)
      objects.forEach(note)
    },
    changed: (object, gone) => (gone ? forget(object) : note(object)),
  })
}

async function observeKind(
  connection: Connection,
  { kind, references }: Wanted,
  seen: Seen,
  signal: AbortSignal,
  labelSelector?: string,
): Promise<void> {
  const inside = (namespace: string | undefined, wanted: ReadonlyMap<string, ObjectReference>, until: AbortSignal) =>
    follow(connection, { kind, namespace, labelSelector }, until, {
      listed: (objects) => {
        const found = new Map(objects.map((object) => [identityOf(referenceOf(object)), object]))
        for (const [identity, reference] of wanted) seen(reference, found.get(identity))
      },
      changed: (object, gone) => {
        const reference = wanted.get(identityOf(referenceOf(object)))
        if (reference) seen(reference, gone ? undefined : object)
      },
    })

  const spaces = [...Map.groupBy(references, ([, reference]) => reference.namespace)]
  // Without a label that could be every object of the cluster.
  if (spaces.length > 1 && labelSelector) {
    try {
      return await inside(undefined, references, signal)
    } catch (cause) {
      if (!(cause instanceof StreamRefused && cause.status === 403)) throw cause
    }
  }
  await together(spaces, signal, ([namespace, wanted], until) => inside(namespace, new Map(wanted), until))
}

/** Runs all until the signal. One that fails ends them all: half a view would look like health. */
async function together<T>(
  items: readonly T[],
  signal: AbortSignal,
  run: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController()
  const until = AbortSignal.any([signal, failed.signal])
  await Promise.all(
    items.map((item) =>
      run(item, until).catch((cause: unknown) => {
        failed.abort()
        throw cause
      }),
    ),
  )
}
