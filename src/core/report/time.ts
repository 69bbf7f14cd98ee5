const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `0.4 s`, `48 s`, `3 min 20 s` from ms. */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** `2026-11-21 14:03 UTC` from an ISO time; what is no time stays as it is. */
export function moment(iso: string): string {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/.exec(iso)
  return found ? `${found[1]} ${found[2]} UTC` : iso
}

/**
 * `2 days ago`, `3 h ago`, seen from `now` (both ISO 8601); `at 2026-11-21 14:03 UTC` without a `now`; empty when the
 * time is unknown or none.
 */
export function ago(time: string | undefined, now: string | undefined): string {
  const then = time === undefined ? Number.NaN : Date.parse(time)
  if (Number.isNaN(then)) return ''
  const passed = now === undefined ? Number.NaN : Date.parse(now) - then
  if (Number.isNaN(passed)) return `at ${moment(new Date(then).toISOString())}`
  // The clocks of a cluster and of this machine may differ a little.
  if (passed < MINUTE) return 'just now'
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`
  if (passed < 2 * DAY) return `${Math.floor(passed / HOUR)} h ago`
  return `${Math.floor(passed / DAY)} days ago`
}
