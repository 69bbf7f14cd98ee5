import type { Directives } from '../../core/model/directives.ts'
import { isMember } from '../../core/model/inventory.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import { referenceOf } from '../../core/model/reference.ts'
import { ClusterRefusal } from '../../core/model/refusal.ts'
import type { ObjectFacts } from '../../core/plan/facts.ts'
import { retrying } from '../sync/retry.ts'
import { previewAnew } from './ask-anew.ts'
import { beforeAsking } from './ask-object.ts'
import { refused } from './ask-refused.ts'
import type { Inquiry } from './gather.ts'

/**
 * Asks the API server about a hook: it is made anew at each sync, so that the one of an earlier sync says nothing of what
 * the server would store now.
 */
export async function askHook(inquiry: Inquiry, manifest: Manifest, directives: Directives): Promise<ObjectFacts> {
  const { cluster } = inquiry
  const begun = await beforeAsking(inquiry, manifest, directives)
  if ('answer' in begun) return begun
  const live = await retrying(() => cluster.get(referenceOf(manifest.object)))
  const from = live && !isMember(live, inquiry.inventory.id) ? await inquiry.siblings?.giverOf(live) : undefined
  const facts = { ...begun, ...(live ? { live } : {}), ...(from === undefined ? {} : { from }) }
  try {
    const { object, warnings } = live
      ? await previewAnew(cluster, begun.desired)
      : await retrying(() => cluster.previewApply(begun.desired, { validate: directives.validate }))
    return { ...facts, answer: { by: 'server', predicted: object, warnings } }
  } catch (thrown) {
    if (!(thrown instanceof ClusterRefusal)) throw thrown
    const asked = await refused(inquiry, begun, thrown, undefined)
    return { ...asked, ...(live ? { live } : {}), ...(from === undefined ? {} : { from }) }
  }
}
