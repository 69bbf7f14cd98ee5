/** An IPv4 address, perhaps inside an IPv6 one, as Kubernetes' `ParseIPSloppy` reads it: with leading zeros. */
export function isIpV4Format(text: string): boolean {
  return text.includes('.') && isSloppyIp(text)
}

/** An IPv6 address as Go's `net.ParseIP` reads it: no zone, no leading zeros in an IPv4 part. */
export function isIpV6Format(text: string): boolean {
  return isV6(text, /^[0-9a-fA-F]{1,4}$/, /^(0|[1-9][0-9]{0,2})$/)
}

/** A network as Kubernetes' `ParseCIDRSloppy` reads it. */
export function isCidr(text: string): boolean {
  const match = /^([^/]+)\/0*(\d{1,3})$/.exec(text)
  if (!match) return false
  const [, address = '', size = ''] = match
  return isSloppyIp(address) && Number(size) <= (address.includes(':') ? 128 : 32)
}

/** A hardware address of 6, 8 or 20 bytes: `01:23:…`, `01-23-…`, `0123.4567.…` or without anything between. */
export function isMac(text: string): boolean {
  const forms: readonly (readonly [RegExp, number])[] = [
    [/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2})+$/, 3],
    [/^[0-9a-fA-F]{2}(-[0-9a-fA-F]{2})+$/, 3],
    [/^[0-9a-fA-F]{4}(\.[0-9a-fA-F]{4})+$/, 2.5],
    [/^[0-9a-fA-F]+$/, 2],
  ]
  const form = forms.find(([each]) => each.test(text))
  if (!form) return false
  const separators = form[1] === 2 ? 0 : 1
  return [6, 8, 20].includes((text.length + separators) / form[1])
}

const looseByte = /^0*[0-9]{1,3}$/

function isSloppyIp(text: string): boolean {
  return isV4(text, looseByte) || isV6(text, /^0*[0-9a-fA-F]{1,4}$/, looseByte)
}

function isV4(text: string, byte: RegExp): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => byte.test(part) && Number(part) <= 255)
}

function isV6(text: string, group: RegExp, byte: RegExp): boolean {
  if (text.length > 200 || !text.includes(':')) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const embedded = last.includes('.')
  // The IPv4 part stands at the very end.
  if (embedded && (!text.endsWith(last) || !isV4(last, byte))) return false
  const hex = embedded ? groups.slice(0, -1) : groups
  if (!hex.every((each) => group.test(each))) return false
  const count = hex.length + (embedded ? 2 : 0)
  return halves.length === 2 ? count < 8 : count === 8
}
