import { DrydockError } from '../model/errors.ts'
import { ClusterRefusal } from '../model/refusal.ts'

const lead = /^[\s\S]*?: the API server refused it: /
const about = /^(?:\S+ "[^"]*" is (?:forbidden|invalid): )/

/** What the API server said, without which object it was about: `violates PodSecurity "restricted:latest": …`. */
export function serverWords(refusal: ClusterRefusal): string {
  return refusal.message.replace(lead, '').replace(about, '')
}

/** Why one question stays open, in words. What is no refusal (a cluster that is gone) is thrown again. */
export function whyUnknown(thrown: unknown): string {
  if (thrown instanceof ClusterRefusal) return serverWords(thrown)
  if (thrown instanceof DrydockError && thrown.code === 'unknown-kind') return thrown.message.replace(/\.$/, '')
  throw thrown
}
