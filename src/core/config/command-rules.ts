import { z } from 'zod'

const principal = z.string().regex(/^@[A-Za-z0-9][A-Za-z0-9-]*(\/[A-Za-z0-9._-]+)?$/, {
  error: 'must be a person or team, such as @mona or @acme/platform',
})

const who = z.union([z.enum(['read', 'triage', 'write', 'maintain', 'admin']), z.array(principal).min(1)], {
  error: 'must be read, triage, write, maintain, admin, or a list of people and teams such as ["@acme/platform"]',
})

/** Who may use which command, of the whole repository or of one app. A permission on the repository, or a list of people and teams. */
export const commandRules = z.strictObject({
  plan: who.optional().describe('Who may use `/plan`. Default: `write`.'),
  sync: who.optional().describe('Who may use `/sync`. Default: `write`.'),
  rollback: who.optional().describe('Who may use `/rollback`. Default: `maintain`.'),
  approve: who
    .optional()
    .describe('Who may use `/approve`. Default: `maintain`; the author of a pull request only where listed by name.'),
  lock: who
    .optional()
    .describe(
      "Who may use `/lock` and `/unlock`. Default: `write`; letting go of somebody else's lock needs `maintain`.",
    ),
})
