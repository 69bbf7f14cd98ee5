/** Functions of Helm's templates (Sprig) that look at the clock; the others need a time that one of these gave. */
const CLOCK = /(?<![\w.$"'-])(now|ago|date|dateInZone|date_in_zone|htmlDate|htmlDateInZone|durationRound|unixEpoch)\b/

/** Does a template (or a value that is used as one) ask what time it is? May be wrong in saying yes, not in no. */
export function readsClock(text: string): boolean {
  for (let start = text.indexOf('{{'); start >= 0; ) {
    const end = text.indexOf('}}', start)
    if (end < 0) return false
    if (CLOCK.test(text.slice(start, end))) return true
    start = text.indexOf('{{', end)
  }
  return false
}
