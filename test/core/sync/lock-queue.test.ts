import { describe, expect, it } from 'vitest'
import type { Lock, Waiting } from '../../../src/core/model/inventory.ts'
import { asks, closes, leaves, letsGo, placeIn, told } from '../../../src/core/sync/lock-queue.ts'

const wishOf = (by: string, number: number, more: Partial<Waiting> = {}): Waiting => ({
  by,
  number,
  at: `2026-05-04T09:0${number}:00Z`,
  ...more,
})
const [ann, ben, zoe] = [wishOf('ann', 1), wishOf('ben', 2), wishOf('zoe', 3)]
const queue: Lock = { ...ann, waiting: [ben, zoe] }
const turn = { at: '2026-05-04T10:00:00Z' }
const passed: Lock = { ...ben, at: turn.at, passedFrom: 'ann', waiting: [zoe] }

describe('who asks for a lock', () => {
  it('has it where nobody else does', () => expect(asks(undefined, ann)).toEqual(ann))
  it('waits behind those who came first', () => {
    expect([ben, zoe].reduce<Lock>(asks, ann)).toEqual(queue)
    expect([placeIn(queue, 'ann'), placeIn(queue, 'BEN'), placeIn(queue, 'zoe')]).toEqual([undefined, 0, 1])
  })
  it('keeps the place when asking again, with what is said now', () => {
    const again = wishOf('Ben', 4, { reason: 'still' })
    expect(asks(queue, again)).toEqual({ ...ann, waiting: [again, zoe] })
  })
  it('renews a lock of their own, and those who wait go on waiting', () => {
    const again = wishOf('Ann', 4, { reason: 'more' })
    expect(asks(queue, again)).toEqual({ ...again, waiting: [ben, zoe] })
    expect(asks(passed, ben)).toEqual({ ...ben, passedFrom: 'ann', waiting: [zoe] })
  })
})

describe('a lock that is let go', () => {
  it('passes on to the first who waits', () => expect(letsGo(queue, [ann], turn)).toEqual(passed))
  it('says by which command', () => {
    expect(letsGo(queue, [ann], { ...turn, doneBy: 'comment 5' })).toEqual({ ...passed, doneBy: 'comment 5' })
  })
  it('is gone where nobody waits', () => expect(letsGo(ann, [ann], turn)).toBeUndefined())
  it('is not the one that was made meanwhile, by whomever', () => {
    const newer = { ...ann, at: '2026-05-04T09:59:00Z' }
    expect([letsGo(newer, [ann], turn), letsGo(queue, [ben], turn)]).toEqual([newer, queue])
    expect(letsGo(undefined, [ann], turn)).toBeUndefined()
  })
  it('passes over those who had it already, on a side that missed that', () => {
    const stored = letsGo(passed, [passed, ann], turn)
    expect(stored).toEqual({ ...zoe, at: turn.at, passedFrom: 'ben' })
    expect(letsGo(queue, [passed, ann], turn)).toMatchObject({ by: 'zoe', number: 3 })
  })
})

describe('who only waits', () => {
  it('may leave', () => {
    expect(leaves(queue, 'BEN', 'comment 5')).toEqual({ ...ann, waiting: [zoe], doneBy: 'comment 5' })
    expect(leaves({ ...ann, waiting: [ben] }, 'ben', 'comment 5')).toEqual({ ...ann, doneBy: 'comment 5' })
  })
  it('and nobody else', () => {
    expect([leaves(queue, 'ann', ''), leaves(queue, 'eve', ''), leaves(undefined, 'eve', '')]).toEqual([
      queue,
      queue,
      undefined,
    ])
  })
})

describe('a pull request that is closed', () => {
  it('ends its lock', () => {
    expect(closes(queue, 1, turn)).toEqual(passed)
    expect(closes(ann, 1, turn)).toBeUndefined()
  })
  it('ends the waiting that began there', () => {
    expect(closes(queue, 2, turn)).toEqual({ ...ann, waiting: [zoe] })
    expect(closes({ ...ann, waiting: [{ ...ben, number: 1 }, zoe] }, 1, turn)).toMatchObject({ by: 'zoe' })
  })
  it('ends nothing that is to be kept', () => {
    const kept: Lock = { ...ann, keep: true, waiting: [{ ...ben, number: 1, keep: true }] }
    expect(closes(kept, 1, turn)).toEqual(kept)
    expect(closes({ ...kept, keep: false }, 1, turn)).toMatchObject({ by: 'ben', keep: true })
  })
  it('and any other ends nothing', () => expect(closes(queue, 9, turn)).toEqual(queue))
})

describe('once the one is told to whom a lock passed on', () => {
  const { passedFrom: _, ...done } = passed
  it('that is not said again', () => expect(told(passed, passed)).toEqual(done))
  it('a side that missed it has it too', () => expect(told(queue, passed)).toEqual(done))
  it('what somebody did meanwhile stays', () => {
    expect([told(zoe, passed), told(undefined, passed)]).toEqual([zoe, undefined])
  })
})
