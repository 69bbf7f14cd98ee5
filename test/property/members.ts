import type { Case } from './case.ts'
import { templates } from './kinds/all.ts'
import { keyOf } from './oracle/judge.ts'
import { type Body, RUN, type Subject, type Template } from './template.ts'

/** One object of a running case, with complete manifests. */
export type Member = {
  /** How a snapshot names it. */
  readonly key: string
  readonly name: string
  /** Where it is read, by the version of the manifest that is synced last. */
  readonly path: string
  /** Where others write it: by the version of `other`. */
  readonly collection: string
  readonly subject: Subject
  readonly template: Template
  readonly base: Body
  readonly head: Body
  readonly other: Body
}

/** The objects of a case under the names of one run. */
export function membersOf(one: Case, run: string, namespace: string): readonly Member[] {
  return one.subjects.map((subject, index) => {
    const template = templates[subject.template]
    if (!template) throw new Error('no such template')
    const { apiVersion, kind, resource, namespaced } = template
    const name = `p${index}-${run}`
    const whole = (body: Body): Body => {
      const named = JSON.parse(JSON.stringify(body).replaceAll(RUN, `${index}-${run}`)) as Body & { metadata: Body }
      const metadata = { name, ...(namespaced ? { namespace } : {}), ...named.metadata }
      return { apiVersion, kind, ...named, metadata }
    }
    const collection = (body: Body) => {
      const version = String(body.apiVersion)
      const root = version.includes('/') ? `/apis/${version}` : `/api/${version}`
      return `${root}${namespaced ? `/namespaces/${namespace}` : ''}/${resource}`
    }
    const [base, head, other] = [whole(subject.base), whole(subject.head), whole(subject.other)]
    const path = `${collection(subject.presence === 'base' ? base : head)}/${name}`
    const key = keyOf({ apiVersion, kind, name })
    return { key, name, path, collection: collection(other), subject, template, base, head, other }
  })
}

/** The manifests of one commit. */
export function manifestsOf(members: readonly Member[], side: 'base' | 'head'): readonly Body[] {
  return members
    .filter(({ subject }) => subject.presence === 'both' || subject.presence === side)
    .map((member) => member[side])
}
