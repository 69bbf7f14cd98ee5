import { describe, expect, it } from 'vitest'
import type { SyncWindow } from '../../../src/core/model/app.ts'
import { scheduleFault, timeZoneFault, windowHold } from '../../../src/core/sync/windows.ts'

const hour = 3_600_000

function window(kind: 'allow' | 'deny', schedule: string, hours: number, more: Partial<SyncWindow> = {}): SyncWindow {
  return { kind, schedule, duration: hours * hour, timeZone: 'UTC', apps: ['*'], ...more }
}

/** `free`, or until when it is held. */
function at(time: string, windows: readonly SyncWindow[], app = 'web'): string {
  const hold = windowHold(windows, app, new Date(time))
  return hold ? `held until ${hold.until}` : 'free'
}

const nights = window('deny', '0 22 * * *', 8)

describe('a deny window', () => {
  it('holds from its start, inclusive, to its end, exclusive', () => {
    expect(at('2026-05-04T21:59:59.999Z', [nights])).toBe('free')
    expect(at('2026-05-04T22:00:00.000Z', [nights])).toBe('held until 2026-05-05T06:00:00.000Z')
    expect(at('2026-05-05T05:59:59.999Z', [nights])).toBe('held until 2026-05-05T06:00:00.000Z')
    expect(at('2026-05-05T06:00:00.000Z', [nights])).toBe('free')
  })

  it('says which one it is', () => {
    expect(windowHold([nights], 'web', new Date('2026-05-04T23:00:00Z'))?.why).toBe(
      'a deny window is open: `0 22 * * *` UTC for 8h',
    )
  })

  it('is for the apps that its globs match', () => {
    const shops = { ...nights, apps: ['shop-*'] }
    expect(at('2026-05-04T23:00:00Z', [shops], 'shop-web')).toMatch(/^held/)
    expect(at('2026-05-04T23:00:00Z', [shops], 'blog')).toBe('free')
  })
})

describe('an allow window', () => {
  const office = window('allow', '0 9 * * 1-5', 8)

  it('holds while it is closed, until it opens', () => {
    expect(at('2026-05-08T10:00:00Z', [office])).toBe('free')
    expect(at('2026-05-08T17:00:00Z', [office])).toBe('held until 2026-05-11T09:00:00.000Z')
  })

  it('holds no app that it is not for', () => {
    expect(at('2026-05-09T10:00:00Z', [{ ...office, apps: ['blog'] }])).toBe('free')
  })

  it('is one of several: one that is open is enough', () => {
    const saturdays = window('allow', '0 10 * * 6', 2)
    expect(at('2026-05-09T11:00:00Z', [office, saturdays])).toBe('free')
    expect(at('2026-05-09T12:00:00Z', [office, saturdays])).toBe('held until 2026-05-11T09:00:00.000Z')
  })

  it('gives way to a deny window; the hold lasts until neither is in the way', () => {
    const mondayMorning = window('deny', '0 6 * * 1', 5)
    expect(at('2026-05-08T17:00:00Z', [office, mondayMorning])).toBe('held until 2026-05-11T11:00:00.000Z')
    expect(at('2026-05-11T09:30:00Z', [office, mondayMorning])).toBe('held until 2026-05-11T11:00:00.000Z')
  })

  it('that never opens holds without an end', () => {
    const never = window('allow', '0 0 30 2 *', 24)
    expect(windowHold([never], 'web', new Date('2026-05-09T10:00:00Z'))).toEqual({
      why: 'no allow window is open: `0 0 30 2 *` UTC for 24h',
    })
  })

  it('on a 29 February is found years ahead', () => {
    expect(at('2026-05-09T10:00:00Z', [window('allow', '0 0 29 2 *', 1)])).toBe('held until 2028-02-29T00:00:00.000Z')
  })

  it('that lies in a deny window each time holds without an end', () => {
    const covered = [window('allow', '0 23 * * *', 1), nights]
    expect(windowHold(covered, 'web', new Date('2026-05-09T10:00:00Z'))).not.toHaveProperty('until')
  })
})

describe('windows that overlap', () => {
  it('hold until the last one closes', () => {
    const early = window('deny', '0 4 * * *', 6)
    expect(at('2026-05-04T23:00:00Z', [nights, early])).toBe('held until 2026-05-05T10:00:00.000Z')
  })

  it('and follow each other without a gap hold through', () => {
    const day = window('deny', '0 6 * * 2', 3)
    expect(at('2026-05-04T23:00:00Z', [nights, day])).toBe('held until 2026-05-05T09:00:00.000Z')
  })

  it('with themselves, because they are longer than their period, hold until the last opening ends', () => {
    const weekendOpenings = window('deny', '0 12 * * 6,0', 36)
    expect(at('2026-05-09T13:00:00Z', [weekendOpenings])).toBe('held until 2026-05-12T00:00:00.000Z')
  })

  it('with themselves for ever hold without an end, and soon say so', () => {
    const always = window('deny', '* * * * *', 1)
    const hold = windowHold([always], 'web', new Date('2026-05-09T13:00:00Z'))
    expect(hold?.why).toContain('a deny window')
    expect(hold).not.toHaveProperty('until')
  })
})

describe('the end of a month', () => {
  it('comes on the 31st only where there is one', () => {
    const last = window('deny', '0 0 31 * *', 24)
    expect(at('2026-04-30T12:00:00Z', [last])).toBe('free')
    expect(at('2026-05-31T12:00:00Z', [last])).toBe('held until 2026-06-01T00:00:00.000Z')
  })

  it('is every last day with `L`', () => {
    const last = window('deny', '0 0 L * *', 24)
    expect(at('2026-02-28T12:00:00Z', [last])).toBe('held until 2026-03-01T00:00:00.000Z')
    expect(at('2028-02-28T12:00:00Z', [last])).toBe('free')
  })

  it('is over a year away for a window of one day a year', () => {
    expect(at('2026-12-31T12:00:00Z', [window('allow', '0 0 25 12 *', 24)])).toBe('held until 2027-12-25T00:00:00.000Z')
  })
})

describe('a change of the clocks', () => {
  const berlin = { timeZone: 'Europe/Berlin' }

  it('moves a window with the local time', () => {
    const evening = window('deny', '0 22 * * *', 1, berlin)
    expect(at('2026-03-28T21:30:00Z', [evening])).toBe('held until 2026-03-28T22:00:00.000Z')
    expect(at('2026-03-29T20:30:00Z', [evening])).toBe('held until 2026-03-29T21:00:00.000Z')
    expect(at('2026-03-29T21:30:00Z', [evening])).toBe('free')
  })

  it('leaves the duration as it is in real time', () => {
    const night = window('deny', '0 22 * * *', 8, berlin)
    // 22:00 to 07:00 in spring, to 05:00 in autumn.
    expect(at('2026-03-28T23:00:00Z', [night])).toBe('held until 2026-03-29T05:00:00.000Z')
    expect(at('2026-10-24T22:00:00Z', [night])).toBe('held until 2026-10-25T04:00:00.000Z')
  })

  it('that leaves the start out opens the window right after it', () => {
    for (const schedule of ['30 2 * * *', '30 2,14 * * *']) {
      const early = window('deny', schedule, 1, berlin)
      expect(at('2026-03-29T00:59:00Z', [early])).toBe('free')
      expect(at('2026-03-29T01:00:00Z', [early])).toBe('held until 2026-03-29T02:00:00.000Z')
    }
  })

  it('that doubles the start opens the window once', () => {
    const early = window('deny', '30 2 * * *', 0.5, berlin)
    expect(at('2026-10-25T00:45:00Z', [early])).toBe('held until 2026-10-25T01:00:00.000Z')
    expect(at('2026-10-25T01:45:00Z', [early])).toBe('free')
  })

  it('of half an hour is one, too', () => {
    const evening = window('deny', '0 22 * * *', 1, { timeZone: 'Australia/Lord_Howe' })
    expect(at('2026-04-04T11:30:00Z', [evening])).toBe('held until 2026-04-04T12:00:00.000Z')
    expect(at('2026-04-05T12:00:00Z', [evening])).toBe('held until 2026-04-05T12:30:00.000Z')
  })
})

it('gives up on the end of a hold before it takes long', () => {
  const deny = (index: number): SyncWindow => ({
    kind: 'deny',
    schedule: '* * * * *',
    duration: 61_000 + index,
    timeZone: 'America/St_Johns',
    apps: ['*'],
  })
  const began = performance.now()
  expect(
    at(
      '2026-05-09T13:00:00Z',
      Array.from({ length: 50 }, (_, index) => deny(index)),
    ),
  ).toContain('held')
  expect(performance.now() - began).toBeLessThan(1000)
})

it('holds nothing without windows', () => {
  expect(at('2026-05-09T13:00:00Z', [])).toBe('free')
})

describe('what can be no schedule', () => {
  it.each(['0 22 * *', '0 0 22 * * *', '61 * * * *', '0 24 * * *', 'a b c d e', '* * ? * *', '@daily', '5/5 * * * *'])(
    '%s',
    (text) => {
      expect(scheduleFault(text)).toMatch(/^must be five cron fields/)
    },
  )

  it('says why; names, steps, lists and ranges are fine', () => {
    expect(scheduleFault('61 * * * *')).toContain('Invalid value for minute: 61')
    for (const fine of ['0 22 * * *', '*/15 8-18 * * MON-FRI', '0 0 1,15 JAN *', '0 0 * * 7', '0 0 30 2 *']) {
      expect(scheduleFault(fine)).toBeUndefined()
    }
  })
})

it('knows what can be no time zone', () => {
  for (const bad of ['Mars/Base', '', '+02:00', 'Europe/Berlin ', 'CEST+1']) expect(timeZoneFault(bad)).toBeDefined()
  for (const fine of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires'])
    expect(timeZoneFault(fine)).toBeUndefined()
})
