import { textAt } from '../model/object.ts'
import { degraded, type HealthRule, healthy, progressing } from './status.ts'

/** `Available`, `Bound` and `Released` are as good as it gets by itself; `Failed`: it could not be reclaimed. */
export const persistentVolume: HealthRule = (object) => {
  const phase = textAt(object, 'status', 'phase')
  if (phase === 'Failed') return degraded(textAt(object, 'status', 'message') ?? 'could not be reclaimed')
  return phase === 'Pending' ? progressing('not available yet') : healthy()
}
