/** A day as RFC 3339 writes it. */
export function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!match) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return days !== undefined && day >= 1 && day <= days
}

/** A time as RFC 3339 writes it, read as go-openapi does: any character may stand before the fraction. */
export function isDateTime(text: string): boolean {
  const [day = '', time] = text.toLowerCase().split('t')
  if (time === undefined || !isDate(day)) return false
  // What follows another `t` is not looked at, if the time before it is whole.
  const match = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$/.exec(time)
  return match !== null && Number(match[1]) <= 23 && Number(match[2]) <= 59 && Number(match[3]) <= 59
}

const goDuration = /^[-+]?(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/
/** What go-openapi takes for a unit: these words, and those that begin with the longest form of each. */
const shortUnits = new Set(['ns', 'us', 'µs', 'ms', 's', 'm', 'h', 'hr', 'd', 'w', 'wk'])
const longUnits = ['nano', 'micro', 'milli', 'sec', 'min', 'hour', 'day', 'week']

/** A duration of Go (`1h30m`) or of Scala (`2 weeks`). */
export function isDuration(text: string): boolean {
  return isGoDuration(text) || isWrittenDuration(text)
}

function isGoDuration(text: string): boolean {
  if (/^[-+]?0$/.test(text)) return true
  let rest = text
  let nanoseconds = 0
  for (let first = true; rest !== '' || first; first = false) {
    const match = goDuration.exec(rest)
    if (!match || (!first && /^[-+]/.test(rest))) return false
    const [all, amount = '', unit = ''] = match
    const factors: Readonly<Record<string, number>> = { ns: 1, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 }
    nanoseconds += Number(amount) * (factors[unit] ?? 1e3)
    rest = rest.slice(all.length)
  }
  // Past 290 years it overflows.
  return nanoseconds <= 2 ** 63
}

/** Numbers with a unit somewhere in the text, one of which is known: go-openapi does not look at what is between. */
function isWrittenDuration(text: string): boolean {
  const found = [...text.matchAll(/(\d+)[\t\n\f\r ]*([A-Za-zµ]+)/g)]
  if (found.some(([, amount = '']) => BigInt(amount) >= 2n ** 63n)) return false
  return found.some(([, , word = '']) => {
    const unit = word.toLowerCase()
    return shortUnits.has(unit) || longUnits.some((long) => unit.startsWith(long))
  })
}
