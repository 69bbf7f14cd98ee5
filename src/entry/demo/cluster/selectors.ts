import { isObject, textAt } from '../../../core/model/object.ts'
import { ApiError } from './status.ts'
import type { Stored } from './store.ts'

/** Tells whether a selector takes an object. */
export type Selector = (object: Stored) => boolean

/** Reads `labelSelector` and `fieldSelector` of a request; throws 400 for what it can't read. */
export function selectorOf(query: URLSearchParams): Selector {
  const labels = labelSelector(query.get('labelSelector') ?? '')
  const fields = fieldSelector(query.get('fieldSelector') ?? '')
  return (object) => labels(object) && fields(object)
}

function labelSelector(text: string): Selector {
  const terms = text.split(/,(?![^(]*\))/).filter((term) => term.trim() !== '')
  const tests = terms.map((term) => labelTest(term.trim()))
  return (object) => {
    const labels = object.metadata.labels
    return tests.every((test) => test((key) => (isObject(labels) ? textAt(labels, key) : undefined)))
  }
}

function labelTest(term: string): (label: (key: string) => string | undefined) => boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(term)
  const equal = /^([^\s!=]+)\s*(==|!=|=)\s*(\S*)$/.exec(term)
  const exists = /^(!?)\s*([^\s!=(),]+)$/.exec(term)
  if (set) {
    const [, key = '', operator, list = ''] = set
    const values = list.split(',').map((each) => each.trim())
    return (label) => values.includes(label(key) ?? '\u0000') === (operator === 'in')
  }
  if (equal) {
    const [, key = '', operator, value] = equal
    return (label) => (label(key) === value) === (operator !== '!=')
  }
  if (exists) {
    const [, not, key = ''] = exists
    return (label) => (label(key) === undefined) === (not === '!')
  }
  throw new ApiError(400, 'BadRequest', `unable to parse requirement: ${term}`)
}

function fieldSelector(text: string): Selector {
  const tests = text
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const [, field = '', operator, value] = /^(metadata\.name|metadata\.namespace)(==|!=|=)(.*)$/.exec(term) ?? []
      if (!operator) throw new ApiError(400, 'BadRequest', `field label not supported: ${term}`)
      return (object: Stored): boolean => (textAt(object, ...field.split('.')) === value) === (operator !== '!=')
    })
  return (object) => tests.every((test) => test(object))
}
