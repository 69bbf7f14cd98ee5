import { isArray, isObject, type Json } from '../../../core/model/object.ts'
import { childShape, type Shape } from './schema.ts'

/** Fields whose zero is not kept: in Go they aren't pointers, and `omitempty`. */
const dropsZero = new Set([
  ...['hostNetwork', 'hostPID', 'hostIPC', 'readOnly', 'stdin', 'stdinOnce', 'tty', 'paused'],
  ...['publishNotReadyAddresses', 'minReadySeconds', 'initialDelaySeconds', 'hostPort', 'nodePort'],
  ...['healthCheckNodePort', 'replicas/status', 'observedGeneration', 'updatedReplicas', 'readyReplicas'],
  ...['availableReplicas', 'unavailableReplicas'],
])

/**
 * The value as the API server stores it: null, empty text, empty lists and empty maps of struct fields are left out,
 * quantities are in their short form. Values of maps (labels, data) stay as they are.
 */
export function tidy(shape: Shape, value: Json): Json {
  if (isArray(value)) return shape.is === 'list' ? value.map((item) => tidy(shape.item, item)) : value
  if (!isObject(value)) return value
  const inMap = shape.is === 'map'
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      const below = childShape(shape, key)
      if (item === undefined || item === null || (!inMap && below && isEmpty(key, below, item, shape))) return []
      if (inMap && below?.is === 'scalar') return [[key, quantity(item)]]
      return [[key, below ? tidy(below, item) : item]]
    }),
  )
}

function isEmpty(key: string, shape: Shape, value: Json, parent: Shape): boolean {
  if (value === '') return true
  if (value === 0 && parent.is === 'struct' && parent.type === 'DeploymentStatus') return true
  if (value === 0 || value === false) return dropsZero.has(key)
  if (isArray(value)) return value.length === 0
  return shape.is === 'map' && isObject(value) && Object.keys(value).length === 0
}

const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const decimal = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']

/** A resource quantity in its canonical form: `0.5` is `500m`, `1024Mi` is `1Gi`, `1` is `"1"`. */
function quantity(value: Json): Json {
  const match = /^(\d+)(?:\.(\d*))?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/.exec(String(value))
  if (!match) return value
  const [, whole = '0', fraction = '', suffix = ''] = match
  const [units, base] = suffix.endsWith('i') ? [binary, 1024n] : [decimal, 1000n]
  let unit = units.indexOf(suffix)
  let amount = BigInt(whole)
  let rest = fraction.replace(/0+$/, '')
  while (rest !== '' && unit > 0 && base === 1000n) {
    amount = amount * 1000n + BigInt(rest.slice(0, 3).padEnd(3, '0'))
    rest = rest.slice(3)
    unit -= 1
  }
  if (rest !== '') return value
  while (amount > 0n && amount % base === 0n && unit < units.length - 1) {
    amount /= base
    unit += 1
  }
  return amount === 0n ? '0' : `${amount}${units[unit]}`
}
