import { dump } from 'js-yaml'
import type { AppPlan } from '../../src/core/model/plan.ts'
import type { Member } from './members.ts'

/** A failed case as a person reads it: what is wrong, the manifests and what others did, and the plan. */
export function reportOf(
  title: string,
  wrong: readonly string[],
  members: readonly Member[],
  log: readonly string[],
  plan: AppPlan | undefined,
): string {
  const concerns = ({ key, name }: Member) =>
    wrong.length === 0 || wrong.some((each) => each.startsWith(`${key}:`) || each.includes(name))
  const concerned = members.filter(concerns)
  const names = new Set(concerned.map(({ name }) => name))
  const manifests = concerned.flatMap(({ subject, base, head }) => [
    ...(subject.presence === 'head' ? [] : [`# base${subject.adopted ? ', adopted' : ''}\n${dump(base)}`]),
    ...(subject.presence === 'base' ? [] : [`# head\n${dump(head)}`]),
  ])
  const said = plan && {
    errors: plan.errors,
    notes: plan.notes,
    changes: plan.changes
      .filter(({ name }) => names.has(name))
      .map(({ hunks: _, summary: __, source: ___, ...rest }) => rest),
    drift: plan.drift.filter(({ name }) => names.has(name)).map(({ source: _, ...rest }) => rest),
  }
  return [
    title,
    ...wrong,
    '',
    manifests.join('---\n'),
    ...log.filter((line) => concerned.some(({ key }) => line.startsWith(`${key}:`))),
    '',
    `plan: ${JSON.stringify(said, null, 1)}`,
  ].join('\n')
}
