import fc from 'fast-check'
import type { FieldRule } from '../../src/core/model/app.ts'
import { templates } from './kinds/all.ts'
import { type Mutation, mutation } from './mutations.ts'
import type { Subject } from './template.ts'

/** One case: what Git says at two commits, and what others do between them. */
export type Case = {
  readonly subjects: readonly Subject[]
  readonly mutations: readonly Mutation[]
  /** `false`: synced without healing first, then with it. */
  readonly heal: boolean
  /** Ask kubectl too. */
  readonly kubectl: boolean
  /** Some fields are left to others. */
  readonly ignore: boolean
  /** What a controller adds is drift as well. */
  readonly managers: boolean
}

/** What a case with `ignore` leaves to others. */
export const ignored: readonly FieldRule[] = [
  { group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas', '/spec/template/spec/containers/0/image'] },
  { group: '', kind: 'ConfigMap', jsonPointers: ['/data/a'] },
  { kind: 'Widget', jsonPointers: ['/spec/size', '/spec/limits'] },
  { jsonPointers: ['/metadata/annotations/note'] },
]

const subject: fc.Arbitrary<Subject> = fc.nat(templates.length - 1).chain((index) => {
  const found = templates[index]
  if (!found) throw new Error('no such template')
  return fc
    .record({
      template: fc.constant(index),
      presence: fc.constantFrom('both', 'both', 'both', 'both', 'base', 'head'),
      adopted: fc.constantFrom(false, false, false, false, false, true),
      parts: found.subject,
    })
    .map(({ parts, ...rest }) => ({ ...rest, ...parts }))
})

/** Any case. */
export const aCase: fc.Arbitrary<Case> = fc.record({
  subjects: fc.array(subject, { minLength: 3, maxLength: 8 }),
  mutations: fc.array(mutation, { maxLength: 6 }),
  heal: fc.boolean(),
  kubectl: fc.nat(9).map((each) => each === 0),
  ignore: fc.nat(5).map((each) => each === 0),
  managers: fc.nat(5).map((each) => each === 0),
})
