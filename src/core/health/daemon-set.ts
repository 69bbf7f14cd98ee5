import { textAt } from '../model/object.ts'
import { count, type HealthRule, healthy, progressing, unobserved } from './status.ts'

/**
 * As `kubectl rollout status`: observed, updated on every node that should run it, and available there. With
 * `OnDelete` old pods stay until somebody deletes them, so only availability counts.
 */
export const daemonSet: HealthRule = (object) => {
  const waiting = unobserved(object)
  if (waiting) return waiting
  const wanted = count(object, 'desiredNumberScheduled')
  const updated = count(object, 'updatedNumberScheduled')
  const available = count(object, 'numberAvailable')
  const onDelete = textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete'
  if (!onDelete && updated < wanted) return progressing(`${updated} of ${wanted} updated`)
  if (available < wanted) return progressing(`${available} of ${wanted} ready`)
  if (onDelete && updated < wanted) return healthy(`${updated} of ${wanted} updated; the rest when deleted (OnDelete)`)
  return healthy()
}
