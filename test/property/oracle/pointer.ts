import type { Body } from '../template.ts'
import { isMap } from './raw.ts'

/** A step of a plan's path: a field, or the item of a list whose key has this value. */
type Step = string | { readonly key: string; readonly value: string }

/** Where a path of a plan leads in one object. */
export type Place = {
  readonly found: boolean
  readonly value: unknown
  /** Takes the value out of the object. */
  readonly remove: () => void
}

const plain = (part: string) => part.replaceAll('~1', '/').replaceAll('~0', '~')

/** Reads a path as the design words it: a JSON pointer with items of keyed lists by their key, `containers[name=web]`. */
function stepsOf(path: string): readonly Step[] {
  return path
    .split('/')
    .slice(1)
    .flatMap((part): Step[] => {
      const keyed = /^([^[]*)\[([A-Za-z]+)=(.*)\]$/s.exec(part)
      if (!keyed) return [plain(part)]
      const [, name = '', key = '', value = ''] = keyed
      return [plain(name), { key, value: plain(value) }]
    })
}

/** Follows a path. A field whose own name looks like a keyed item (`e[f=g]`) is tried as well. */
export function follow(object: Body, path: string): Place {
  const place = walk(object, stepsOf(path))
  if (place.found) return place
  const whole = walk(object, path.split('/').slice(1).map(plain))
  return whole.found ? whole : place
}

function walk(object: Body, steps: readonly Step[]): Place {
  let value: unknown = object
  let remove = () => {}
  for (const step of steps) {
    const holder: unknown = value
    if (typeof step === 'string') {
      if (!isMap(holder) || !Object.hasOwn(holder, step)) return { found: false, value: undefined, remove: () => {} }
      value = holder[step]
      remove = () => void delete holder[step]
    } else {
      const index = Array.isArray(holder)
        ? holder.findIndex((item) => isMap(item) && String(item[step.key]) === step.value)
        : -1
      if (!Array.isArray(holder) || index < 0) return { found: false, value: undefined, remove: () => {} }
      value = holder[index]
      // By identity: other items may have gone before.
      const item = holder[index]
      remove = () => void holder.splice(holder.indexOf(item), 1)
    }
  }
  return { found: true, value, remove }
}
