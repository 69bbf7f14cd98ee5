import { setTimeout as delay } from 'node:timers/promises'
import { readManifests } from '../../core/manifests/read.ts'
import { readsClock } from '../../core/manifests/reads-clock.ts'
import { unstableProblems } from '../../core/manifests/stable.ts'
import { DrydockErrors } from '../../core/model/errors.ts'
import { stringifyJson } from '../../core/model/json.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import type { JsonObject } from '../../core/model/object.ts'
import type { Clock, GitRepository, RenderedText } from '../ports.ts'

type Texts = readonly RenderedText[]

/** What was rendered; throws every mistake in it. */
export function objectsOf(texts: Texts): readonly Manifest[] {
  const { manifests, problems } = readManifests(texts)
  if (problems.length > 0) throw new DrydockErrors(problems)
  return manifests
}

/**
 * Renders two times and compares: what a template makes anew (passwords, certificates, times) would be planned as one
 * value and applied as another. Both run at once, unless the time matters: then the second one sees a later second.
 *
 * @throws DrydockErrors `render-unstable`, naming each object; what `render` throws
 */
export async function renderTwice(
  render: (signal: AbortSignal) => Promise<Texts>,
  timed: () => Promise<boolean>,
  clock: Clock,
  outer?: AbortSignal,
): Promise<{ readonly texts: Texts; readonly manifests: readonly Manifest[] }> {
  const failed = new AbortController()
  const signal = outer ? AbortSignal.any([outer, failed.signal]) : failed.signal
  const first = render(signal).then((texts) => ({ texts, manifests: objectsOf(texts) }))
  // Nothing is left to compare with.
  first.catch((thrown: unknown) => failed.abort(thrown))
  const second = timed().then(async (late) => {
    if (late) {
      await first
      // Times are written in whole seconds.
      await delay(1_010 - clock.now().getMilliseconds(), undefined, { signal })
    }
    return render(signal)
  })
  // Both end before anything is said: their folders are removed, and the first one's failure is the one to tell.
  const [one, two] = await Promise.allSettled([first, second])
  if (one.status === 'rejected') throw one.reason
  if (two.status === 'rejected') throw two.reason
  const { texts, manifests } = one.value
  if (!equal(texts, two.value)) {
    const problems = unstableProblems(manifests, objectsOf(two.value))
    if (problems.length > 0) throw new DrydockErrors(problems)
  }
  return { texts, manifests }
}

/** May one of these files or values, used as a template, ask for the time? */
export async function mayReadClock(
  repository: GitRepository,
  treeish: string,
  inputs: readonly string[],
  values: JsonObject | undefined,
): Promise<boolean> {
  if (values && readsClock(stringifyJson(values))) return true
  for (const input of inputs) {
    const entries = await repository.list(treeish, input)
    const files = entries.filter((each) => each.type === 'file' || each.type === 'executable').map((each) => each.path)
    for (const path of entries.length > 0 ? files : [input]) {
      // A packed chart isn't text.
      if (path.endsWith('.tgz') || readsClock((await repository.read(treeish, path)) ?? '')) return true
    }
  }
  return false
}

function equal(one: Texts, other: Texts): boolean {
  return one.length === other.length && one.every((each, index) => each.text === other[index]?.text)
}
