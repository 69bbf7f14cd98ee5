import type { Json } from '../model/object.ts'
import { isObject } from '../model/object.ts'
import { parseQuantity, type Quantity } from './quantity.ts'

/** Amounts by the name of a quota's resource: `pods`, `requests.cpu`, `count/deployments.apps`. */
export type Usage = ReadonlyMap<string, Quantity>

/** The amounts together; with `times`, the second that often. */
export function plus(first: Usage, second: Usage, times = 1n): Usage {
  const sum = new Map(first)
  for (const [name, amount] of second) sum.set(name, (sum.get(name) ?? 0n) + amount * times)
  return sum
}

/** The larger amount of each resource. */
export function largest(first: Usage, second: Usage): Usage {
  const found = new Map(first)
  for (const [name, amount] of second) if (amount > (found.get(name) ?? 0n)) found.set(name, amount)
  return found
}

/** A map of quantities as the API has it (`resources.requests`, `status.hard`); what is no quantity is left out. */
export function amountsOf(value: Json | undefined): Usage {
  const entries = isObject(value) ? Object.entries(value) : []
  return new Map(
    entries.flatMap(([name, text]) => {
      const amount = parseQuantity(text)
      return amount === undefined ? [] : [[name, amount] as const]
    }),
  )
}
