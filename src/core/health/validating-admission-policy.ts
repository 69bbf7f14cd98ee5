import { at, textAt } from '../model/object.ts'
import { behind, type HealthRule, healthy, objects } from './status.ts'

/**
 * In force once it is stored. Its type check (KEP-3488) comes a moment later, and not at all where that controller is
 * switched off: a warning of it is told, an old one is waited out.
 */
export const validatingAdmissionPolicy: HealthRule = (object) => {
  const waiting = behind(object)
  if (waiting) return waiting
  const [first] = objects(at(object, 'status', 'typeChecking', 'expressionWarnings'))
  if (!first) return healthy()
  const text = textAt(first, 'warning')?.split('\n')[0] ?? 'warns'
  return healthy(`type check of ${textAt(first, 'fieldRef') ?? 'an expression'}: ${text}`)
}
