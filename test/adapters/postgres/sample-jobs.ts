import type { Job } from '../../../src/flows/records.ts'

export const shop = { owner: 'acme', name: 'shop', installationId: 7 }

/** A plan job of a pull request. */
export function planJob(number: number, reason: 'opened' | 'pushed' | 'recovered' = 'opened'): Job {
  return { kind: 'plan', repository: shop, number, reason }
}
