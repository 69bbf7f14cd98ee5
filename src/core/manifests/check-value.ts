/** How many values may still be read; shared by all texts of one render. Aliases count as often as they appear. */
export type NodeBudget = { left: number; readonly limit: number }

/**
 * Says why a loaded value can't be sent as JSON, or `undefined`. Time is linear in what is written,
 * also for aliases that would grow to billions of values (each shared value is measured once).
 */
export function checkValue(
  value: unknown,
  budget: NodeBudget,
  maxDepth: number,
): { readonly message: string; readonly tooLarge?: true } | undefined {
  const measured = new Map<object, { readonly nodes: number; readonly depth: number }>()
  const open = new Set<object>()

  const measure = (node: unknown): { readonly nodes: number; readonly depth: number } => {
    if (typeof node === 'number' && !Number.isFinite(node)) throw new Unfit('a number is too large or not a number')
    if (typeof node !== 'object' || node === null) return { nodes: 1, depth: 1 }
    const known = measured.get(node)
    if (known) return known
    if (open.has(node)) throw new Unfit('an alias refers to a value that it is a part of')
    open.add(node)
    let nodes = 1
    let depth = 0
    for (const child of Array.isArray(node) ? node : Object.values(node)) {
      const inner = measure(child)
      nodes += inner.nodes
      depth = Math.max(depth, inner.depth)
    }
    if (depth + 1 > maxDepth + 1) throw new Unfit(`it is nested deeper than ${maxDepth} levels`, true)
    open.delete(node)
    const result = { nodes, depth: depth + 1 }
    measured.set(node, result)
    return result
  }

  try {
    const { nodes } = measure(value)
    if (nodes > budget.left) {
      const message = `there are more than ${budget.limit.toLocaleString('en')} values, counting what aliases stand for`
      return { message, tooLarge: true }
    }
    budget.left -= nodes
    return undefined
  } catch (error) {
    if (error instanceof Unfit) return { message: error.message, ...(error.tooLarge ? { tooLarge: true } : {}) }
    throw error
  }
}

class Unfit extends Error {
  readonly tooLarge: boolean

  constructor(message: string, tooLarge = false) {
    super(message)
    this.tooLarge = tooLarge
  }
}
