import type { JsonObject } from '../../../src/core/model/object.ts'

/** Payloads with the fields of GitHub's that Drydock reads. */
export const head = 'a'.repeat(40)
export const base = 'b'.repeat(40)
export const address = { owner: 'acme', name: 'shop', installationId: 5 }
export const where = {
  repository: { id: 1, name: 'shop', owner: { login: 'acme' } },
  installation: { id: 5 },
  sender: { login: 'ann', type: 'User' },
}

export const pullRequest = (action: string, change: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  ...where,
  action,
  pull_request: {
    number: 12,
    head: { sha: head },
    base: { sha: base, ref: 'main' },
    updated_at: '2026-01-01T00:00:00Z',
    ...change,
  },
  ...more,
})

export const push = (change: JsonObject = {}): JsonObject => ({
  ...where,
  ref: 'refs/heads/feature/x',
  before: base,
  after: head,
  deleted: false,
  ...change,
})

export const comment = (body: string, change: JsonObject = {}): JsonObject => ({
  ...where,
  action: 'created',
  issue: { number: 12, pull_request: { url: 'https://api.github.com/x' } },
  comment: { id: 99, body, performed_via_github_app: null },
  ...change,
})

export const check = (
  kind: 'check_run' | 'check_suite',
  appId: number,
  pullRequests: readonly JsonObject[] = [{ number: 12, base: { repo: { id: 1 } } }],
): JsonObject => ({
  ...where,
  action: 'rerequested',
  [kind]: { id: 3, head_sha: head, app: { id: appId }, pull_requests: pullRequests },
})

export const mergeGroup = (): JsonObject => ({
  ...where,
  action: 'checks_requested',
  merge_group: { head_sha: head, base_sha: base, base_ref: 'refs/heads/main' },
})
