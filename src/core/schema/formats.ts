import { isCidr, isIpV4Format, isIpV6Format, isMac } from './formats-address.ts'
import { isDate, isDateTime, isDuration } from './formats-time.ts'
import { isEmail, isUri } from './formats-web.ts'
import { compilePattern } from './pattern.ts'

const hexId = /^[0-9a-f]{24}$/i
const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const uuid3 = /^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const uuid4 = /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i
const uuid5 = /^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i
const base64 = /^[A-Za-z0-9+/]+={0,2}$/
const ssn = /^\d{3}[- ]?\d{2}[- ]?\d{4}$/
const hexColor = /^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/
const byteNumber = '(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])'
const gap = '[\\t\\n\\f\\r ]*'
const bytesOfColor = [byteNumber, byteNumber, byteNumber].join(`${gap},${gap}`)
const rgbColor = new RegExp(`^rgb\\(${gap}${bytesOfColor}${gap}\\)$`)
const shortName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const longName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

// Nested repetitions: not for a regular expression that backtracks.
const letter = '[a-zA-Z0-9\\p{S}\\p{L}]'
const host = compilePattern(
  `^(${letter}((-?${letter}{0,62})?)|(${letter}(([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}${letter})?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$`,
)

const isHostname = (text: string): boolean =>
  bytes(text) <= 255 && host?.matches(text) === true && text.split('.').every((label) => bytes(label) <= 63)

const digitsOf = (text: string): string => text.replace(/[\s-]+/g, '')

function isIsbn10(text: string): boolean {
  const digits = digitsOf(text)
  if (!/^[0-9]{9}[0-9X]$/.test(digits)) return false
  const sum = [...digits].reduce((so, each, index) => so + (index + 1) * (each === 'X' ? 10 : Number(each)), 0)
  return sum % 11 === 0
}

function isIsbn13(text: string): boolean {
  const digits = digitsOf(text)
  if (!/^[0-9]{13}$/.test(digits)) return false
  return [...digits].reduce((so, each, index) => so + (index % 2 === 0 ? 1 : 3) * Number(each), 0) % 10 === 0
}

const card =
  /^(?:4[0-9]{12}(?:[0-9]{3,6})?|5[1-5][0-9]{14}|(222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}|6(?:011|5[0-9][0-9])[0-9]{12,15}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11}|6[27][0-9]{14}|^(81[0-9]{14,17}))$/

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '')
  if (!card.test(digits)) return false
  const sum = [...digits].reverse().reduce((so, each, index) => {
    const value = index % 2 === 1 ? Number(each) * 2 : Number(each)
    return so + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

/** By the name without hyphens, as the API server looks them up. */
const formats: Readonly<Record<string, (text: string) => boolean | undefined>> = {
  bsonobjectid: (text) => hexId.test(text),
  uri: isUri,
  email: isEmail,
  hostname: isHostname,
  ipv4: isIpV4Format,
  ipv6: isIpV6Format,
  cidr: isCidr,
  mac: isMac,
  uuid: (text) => uuid.test(text),
  uuid3: (text) => uuid3.test(text),
  uuid4: (text) => uuid4.test(text),
  uuid5: (text) => uuid5.test(text),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: (text) => text.length === 11 && ssn.test(text),
  hexcolor: (text) => hexColor.test(text),
  rgbcolor: (text) => rgbColor.test(text),
  byte: (text) => text.length % 4 === 0 && base64.test(text),
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  k8sshortname: (text) => text.length <= 63 && shortName.test(text),
  k8slongname: (text) => text.length <= 253 && longName.test(text),
}

/**
 * Does the text have this format? Formats that API servers don't know (`ip`, `int-or-string`, …) are ignored, as they
 * do (`supportedVersionedFormats` of Kubernetes 1.35, which does not know `quantity` yet). `undefined`: only a server can
 * tell.
 */
export function hasFormat(format: string, text: string): boolean | undefined {
  const name = format.replaceAll('-', '')
  const test = Object.hasOwn(formats, name) ? formats[name] : undefined
  return test === undefined ? true : test(text)
}

function bytes(text: string): number {
  return Buffer.byteLength(text)
}
