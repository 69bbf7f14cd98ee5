import type { Case } from './case.ts'

/** Runs a case; the report of what was wrong, or `undefined`. */
type Attempt = (one: Case) => Promise<string | undefined>

/** A failed case with as little in it as still fails: one object, then fewer interferences. */
export async function smallest(one: Case, report: string, attempt: Attempt): Promise<string> {
  let found = { one, report }
  for (const [index, subject] of one.subjects.entries()) {
    const mutations = one.mutations.filter(({ target }) => target % one.subjects.length === index)
    const alone = { ...one, subjects: [subject], mutations: mutations.map((each) => ({ ...each, target: 0 })) }
    const wrong = await attempt(alone)
    if (wrong === undefined) continue
    found = { one: alone, report: wrong }
    break
  }
  for (const mutation of found.one.mutations) {
    const fewer = { ...found.one, mutations: found.one.mutations.filter((each) => each !== mutation) }
    const wrong = await attempt(fewer)
    if (wrong !== undefined) found = { one: fewer, report: wrong }
  }
  return found.report
}
