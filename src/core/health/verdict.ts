import type { HealthExpression } from '../model/app.ts'
import type { Health } from '../model/health.ts'
import type { LiveObject } from '../model/object.ts'
import { identityOf, type ObjectReference } from '../model/reference.ts'
import { briefly, describeHealth, podTroubles, type Surroundings } from './cause.ts'
import { progressing } from './status.ts'
import { complaintsOf, isSilent } from './wanted.ts'

/** One object that is waited for, as it was seen last. Times are in ms of any one clock. */
export type Watched = {
  readonly reference: ObjectReference
  readonly health: Health
  readonly object?: LiveObject | undefined
  /** When it was seen for the first time. */
  readonly firstMs: number
}

/** What is to be done about the objects that are waited for. */
export type Verdict = {
  /** What isn't healthy yet, in words. */
  readonly lines: readonly string[]
  readonly pending: readonly Watched[]
  /** Those of them that no waiting mends. */
  readonly over: readonly Watched[]
  /** Since when each complaint lasts; for the next verdict. */
  readonly lasting: ReadonlyMap<string, number>
  /** When to look again though nothing was seen. */
  readonly againMs?: number
}

/** How long, in ms, a custom object without a status waits at most for a first word of its controller. */
const mostSilenceMs = 2_000

/**
 * Judges all objects that are waited for together.
 *
 * @param around what is known of the pods of a namespace
 * @param lasting of the verdict before
 * @param now in ms
 * @param timeoutMs of the whole wait: silence alone doesn't fail it
 */
export function verdictOn(
  watched: readonly Watched[],
  around: (namespace: string | undefined) => Surroundings,
  rules: readonly HealthExpression[],
  lasting: ReadonlyMap<string, number>,
  now: number,
  timeoutMs = Number.POSITIVE_INFINITY,
): Verdict {
  const silenceMs = Math.min(mostSilenceMs, timeoutMs / 2)
  const stillSilent = ({ object, firstMs }: Watched) =>
    object !== undefined && now < firstMs + silenceMs && isSilent(object, rules)
  const heard = watched.map((each) =>
    each.health.status === 'healthy' && stillSilent(each)
      ? { ...each, health: progressing('its controller has said nothing yet') }
      : each,
  )
  const pending = heard.filter(({ health }) => health.status !== 'healthy')
  const lines: string[] = []
  const over: Watched[] = []
  const since = new Map<string, number>()
  const times = heard.filter(stillSilent).map(({ firstMs }) => firstMs + silenceMs)
  for (const each of pending) {
    const { reference, health, object } = each
    const troubles = object ? podTroubles(object, around(reference.namespace)) : []
    const trouble = briefly(troubles)
    lines.push(`${describeHealth(reference, health.message ?? health.status)}${trouble ? `, ${trouble}` : ''}`)
    for (const { key, patienceMs } of complaintsOf(object, health, troubles, rules)) {
      const full = `${identityOf(reference)} ${key}`
      const began = lasting.get(full) ?? now
      since.set(full, began)
      if (began + patienceMs > now) times.push(began + patienceMs)
      else if (over.at(-1) !== each) over.push(each)
    }
  }
  const againMs = times.length > 0 ? Math.min(...times) : undefined
  return { lines, pending, over, lasting: since, ...(againMs === undefined ? {} : { againMs }) }
}
