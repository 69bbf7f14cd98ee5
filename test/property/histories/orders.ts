import type { Order } from './commands.ts'
import { locker, type Run } from './run-history.ts'

/** Two people, of whom the first holds the locks. */
const people = [locker, 'erin'] as const

/** Somebody comments on a merged pull request; returns the job, where there is such a pull request. */
export function comment(run: Run, order: Order) {
  const numbers = [...run.git.merges().keys()].reverse()
  const number = numbers[order.pull % Math.max(1, numbers.length)]
  if (number === undefined) return undefined
  const id = 100_000 + run.asked.length
  const body = bodyOf(run, order, number, numbers)
  run.asked.push({ id, number, author: people[id % 2] ?? locker, body })
  run.log.push(`  on #${number}: ${body}`)
  return { kind: 'command', repository: run.address, number, commentId: id } as const
}

function bodyOf(run: Run, order: Order, number: number, numbers: readonly number[]): string {
  const own = run.records.all().filter((each) => each.number === number)
  const apps = [...new Set(own.map((each) => each.app))].sort()
  const app = order.named === undefined ? undefined : apps[order.named % Math.max(1, apps.length)]
  const words = [`/${order.say}`, ...(app === undefined ? [] : [app])]
  if (order.say !== 'rollback') return words.join(' ')
  const { to, which, dryRun } = order
  const good = run.records.all().filter((each) => each.app === (app ?? apps[0]) && each.outcome.state === 'succeeded')
  const revision = good[which % Math.max(1, good.length)]?.revision
  const other = numbers[which % numbers.length]
  if (to === 'commit' && revision !== undefined) words.push('to', revision.slice(0, 10))
  if (to === 'pull') words.push('to', `#${other}`)
  return [...words, ...(dryRun ? ['--dry-run'] : [])].join(' ')
}
