import type { Lock, Waiting } from '../model/inventory.ts'

/** When a lock ends, and by which command of a person; without one a pull request was closed. */
export type Turn = {
  /** ISO 8601. */
  readonly at: string
  readonly doneBy?: string
}

/** A lock as it was seen: a newer one of the same person is another one. */
export type SeenLock = Pick<Lock, 'by' | 'at'>

/**
 * The lock of an app after somebody asked for it: theirs where nobody has it, and renewed where they have it; else they
 * wait. Who waits already keeps the place, with what they say now.
 */
export function asks(lock: Lock | undefined, wish: Waiting): Lock {
  if (!lock) return wish
  const { waiting = [] } = lock
  const { passedFrom } = lock
  if (isOf(lock, wish.by)) return withWaiting({ ...wish, ...(passedFrom === undefined ? {} : { passedFrom }) }, waiting)
  const place = placeIn(lock, wish.by)
  return withWaiting(lock, place === undefined ? [...waiting, wish] : waiting.with(place, wish))
}

/** The lock without somebody among those who wait. */
export function leaves(lock: Lock | undefined, login: string, doneBy: string): Lock | undefined {
  if (!lock || placeIn(lock, login) === undefined) return lock
  const waiting = (lock.waiting ?? []).filter((each) => !isOf(each, login))
  return { ...withWaiting(lock, waiting), doneBy }
}

/** The lock after these locks ended: it passes on to the first who waits and had none of them. Any other stays as it is. */
export function letsGo(lock: Lock | undefined, gone: readonly SeenLock[], turn: Turn): Lock | undefined {
  if (!lock || !gone.some(({ by, at }) => lock.by === by && lock.at === at)) return lock
  // On a side that missed a turn they still wait for what they had.
  const waiting = (lock.waiting ?? []).filter((each) => !gone.some((one) => isOf(one, each.by)))
  return next(lock, waiting, turn)
}

/** The lock after a pull request was closed: what was asked for there ends with it, unless it is to be kept. */
export function closes(lock: Lock | undefined, number: number, turn: Turn): Lock | undefined {
  if (!lock) return undefined
  const waiting = (lock.waiting ?? []).filter((each) => each.number !== number || each.keep)
  return lock.number === number && !lock.keep ? next(lock, waiting, turn) : withWaiting(lock, waiting)
}

/**
 * The lock after the one who has it by `passed` was told. A side that missed the turn, as they still wait there, gets what
 * passed on; one that says something else meanwhile keeps that.
 */
export function told(lock: Lock | undefined, passed: Lock): Lock | undefined {
  if (!lock) return lock
  if (placeIn(lock, passed.by) !== undefined) return untold(passed)
  return isOf(lock, passed.by) ? untold(lock) : lock
}

/** How many get the lock before somebody who waits for it does, beside who has it; `undefined`: they don't wait. */
export function placeIn({ waiting = [] }: Pick<Lock, 'waiting'>, login: string): number | undefined {
  const place = waiting.findIndex((each) => isOf(each, login))
  return place < 0 ? undefined : place
}

/** Is it this person's? Letter case doesn't count on GitHub. */
export function isOf({ by }: { readonly by: string }, login: string): boolean {
  return by.toLowerCase() === login.toLowerCase()
}

function next({ by }: Lock, [first, ...others]: readonly Waiting[], { at, doneBy }: Turn): Lock | undefined {
  if (!first) return undefined
  return withWaiting({ ...first, at, passedFrom: by, ...(doneBy === undefined ? {} : { doneBy }) }, others)
}

function untold({ passedFrom: _, ...lock }: Lock): Lock {
  return lock
}

function withWaiting({ waiting: _, ...lock }: Lock, waiting: readonly Waiting[]): Lock {
  return waiting.length > 0 ? { ...lock, waiting } : lock
}
