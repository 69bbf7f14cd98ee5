import type { AppPlan } from '../../../src/core/model/plan.ts'
import { type Member, manifestsOf } from '../members.ts'
import type { Body } from '../template.ts'
import { keyOf } from './judge.ts'
import { follow } from './pointer.ts'
import { equal } from './raw.ts'

/**
 * Whose doing it is: what the manifests of both commits say alike is never a change of this commit, neither an object nor
 * a field of it. `from`: the commit that was synced last.
 */
export function judgeAttribution(members: readonly Member[], plan: AppPlan, from: 'base' | 'head'): readonly string[] {
  const known = (side: 'base' | 'head') => new Set(manifestsOf(members, side))
  const [was, is] = [known(from), known('head')]
  const changes = new Map(plan.changes.map((change) => [keyOf(change), change]))
  return members.flatMap((member) => {
    const change = changes.get(member.key)
    const [base, head] = [member[from], member.head]
    // Healing may have to replace; an adoption concerns the whole object.
    if (!change || !was.has(base) || !is.has(head) || !['create', 'update'].includes(change.action)) return []
    if (equal(base, head)) return [`${member.key}: is listed as changed, but this commit leaves it alone`]
    // `stringData` is written over `data`.
    if (head.kind === 'Secret') return []
    // Another version or a webhook that comes or goes changes more than the manifest does.
    if (base.apiVersion !== head.apiVersion || hooked(base) !== hooked(head)) return []
    return change.fields
      .filter(({ path }) => {
        const [one, other] = [follow(base, path), follow(head, path)]
        return one.found && other.found && equal(one.value, other.value)
      })
      .map(({ path }) => `${member.key}: ${path} is listed as changed, but this commit leaves it alone`)
  })
}

function hooked(manifest: Body): boolean {
  const { labels } = manifest.metadata as { labels?: Body }
  return labels?.['example.com/hooked'] === 'yes'
}
