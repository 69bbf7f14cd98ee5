import { scrub } from '../../core/diff/scrub.ts'
import type { FieldRule } from '../../core/model/app.ts'
import type { KubeObject } from '../../core/model/object.ts'
import { identityOf, type ObjectReference, referenceOf } from '../../core/model/reference.ts'
import type { ObjectFacts } from '../../core/plan/facts.ts'
import type { SyncRun } from './sync-run.ts'

/** Takes sensitive values out of what a controller says of an object. */
export type Scrubber = (reference: ObjectReference, text: string) => string

/** A Secret that something else may quote. As a Secret it would have every quoted word of the text masked. */
const quoted = 'QuotedSecret'
const quotedRule: FieldRule = { kind: quoted, jsonPointers: ['/data', '/stringData'] }

/**
 * For conditions and events of a sync's objects: values of the object itself by the configuration's rules, and of every
 * Secret of the app, which the object's pods or its controller may quote.
 */
export function scrubberOf({ planned: { facts } }: Pick<SyncRun, 'planned'>): Scrubber {
  const all = [...facts.objects, ...(facts.hooks ?? [])]
  const own = new Map(all.map((each) => [identityOf(referenceOf(each.desired)), formsOf(each)]))
  const secrets = all
    .flatMap(formsOf)
    .filter((each) => each.kind === 'Secret')
    .map((each) => ({ ...each, kind: quoted }))
  const rules = [...facts.app.sensitive, quotedRule]
  // The same is said of an object over and over.
  const known = new Map<string, string>()
  return (reference, text) => {
    const key = `${identityOf(reference)} ${text}`
    const clean = known.get(key) ?? scrub(text, [...(own.get(identityOf(reference)) ?? []), ...secrets], rules)
    known.set(key, clean)
    return clean
  }
}

function formsOf({ desired, live }: ObjectFacts): readonly KubeObject[] {
  return live ? [desired, live] : [desired]
}
