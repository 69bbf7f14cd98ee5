import { stringifyJson } from '../model/json.ts'
import { isArray, isObject, type Json } from '../model/object.ts'

/** Most bytes that one UTF-16 unit takes in JSON: `\u0000`. */
const BYTES_OF_UNIT = 6

/**
 * Is this longer than so many bytes as JSON? Looks at no more of it than it needs, since aliases may stand for much
 * more than could be written down.
 */
export function isLargerThan(value: Json, bytes: number): boolean {
  let left = bytes
  let certain = 0
  const measure = (each: Json | undefined): void => {
    if (certain > bytes) return
    if (typeof each === 'string') {
      left -= each.length * BYTES_OF_UNIT + 3
      certain += each.length + 3
    } else if (isArray(each)) {
      left -= 3
      certain += 1
      for (const item of each) measure(item)
    } else if (isObject(each)) {
      left -= 3
      certain += 1
      for (const [key, item] of Object.entries(each)) {
        if (item === undefined) continue
        measure(key)
        measure(item)
      }
    } else {
      // The longest number: -1.2345678901234567e-100; a bigint is counted by its digits.
      left -= typeof each === 'bigint' ? each.toString().length + 1 : 25
      certain += 1
    }
  }
  measure(value)
  if (certain > bytes) return true
  return left < 0 && Buffer.byteLength(stringifyJson(value)) > bytes
}
