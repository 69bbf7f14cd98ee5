const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** What {@link parseDuration} reads, as a pattern for the schema: `5m`, `1h30m`, `1.5s`, `250ms`. */
export const durationPattern = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/

/**
 * Milliseconds of a duration as Go writes it (time.ParseDuration, without signs and without units below ms), or
 * `undefined` when the text isn't one. A number without a unit isn't a duration.
 */
export function parseDuration(text: string): number | undefined {
  if (!durationPattern.test(text)) return undefined
  let sum = 0
  for (const [, amount, unit] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g)) sum += Number(amount) * (units[unit ?? ''] ?? 0)
  return Math.round(sum)
}

/** A duration as people write it: `1h30m`, `5s`, `250ms`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s'
  let rest = milliseconds
  let text = ''
  for (const unit of ['h', 'm', 's', 'ms']) {
    const size = units[unit] ?? 1
    const amount = Math.floor(rest / size)
    if (amount > 0) text += `${amount}${unit}`
    rest -= amount * size
  }
  return text
}
