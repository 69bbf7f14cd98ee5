import { textAt } from '../model/object.ts'
import { because, condition, type HealthRule, healthy, progressing } from './status.ts'

/** Ready for objects unless it is on its way out. While it terminates, its conditions say what holds it. */
export const namespace: HealthRule = (object) => {
  if (textAt(object, 'status', 'phase') !== 'Terminating') return healthy()
  const held = ['NamespaceContentRemaining', 'NamespaceFinalizersRemaining', 'NamespaceDeletionContentFailure']
    .map((type) => condition(object, type))
    .find((each) => each?.status === 'True')
  return progressing(held ? `being deleted: ${because(held)}` : 'being deleted')
}
