import { DrydockError } from '../../core/model/errors.ts'
import type { Forge } from '../../flows/ports.ts'
import type { Client, ForgeParts } from './client.ts'
import { findOwnPull, openingNeeds, openingPermissions } from './own-pulls.ts'
import { createOnce } from './patience.ts'
import { redact } from './redact.ts'
import { ask } from './refusal.ts'

/** GraphQL alone takes a merged pull request back: the REST API has no such operation. */
const mutation = `mutation ($pull: ID!, $title: String!, $body: String!) {
  revertPullRequest(input: { pullRequestId: $pull, title: $title, body: $body }) { revertPullRequest { number } }
}`

type Answer = {
  readonly revertPullRequest?: { readonly revertPullRequest?: { readonly number?: unknown } | null } | null
}

/** What is read of an answer of GraphQL that tells of errors. */
type Faults = { readonly errors?: readonly { readonly type?: string; readonly message?: string }[] }

/** The pull request that takes a merged one back. */
export function revertMethods(parts: ForgeParts) {
  const methods: Pick<Forge, 'openRevert'> = {
    openRevert: ({ number, title, body }) =>
      ask(`take back #${number}`, openingNeeds, async () => {
        // GitHub makes a branch for it: this one token can write.
        const client = await parts.clientWith(openingPermissions)
        const marker = `<!-- drydock:revert:${number} -->`
        const find = () => findOwnPull(parts, client, marker)
        const known = await find()
        if (known !== undefined) return { number: known }
        const { data } = await client.rest.pulls.get({ ...parts.at, pull_number: number })
        const create = () => revert(client, { pull: data.node_id, title, body: `${body}\n\n${marker}` })
        try {
          return { number: await createOnce(create, find, parts) }
        } catch (thrown) {
          if (thrown instanceof CannotRevert) return undefined
          throw thrown
        }
      }),
  }
  return methods
}

/** GitHub says that this pull request can't be taken back by itself. */
class CannotRevert extends Error {}

async function revert(
  client: Client,
  given: { readonly pull: string; readonly title: string; readonly body: string },
): Promise<number> {
  try {
    const answer = await client.graphql<Answer>(mutation, { ...given, request: { retries: 0 } })
    const number = answer.revertPullRequest?.revertPullRequest?.number
    if (typeof number !== 'number') throw new CannotRevert()
    return number
  } catch (thrown) {
    const [fault] = (thrown as Faults).errors ?? []
    if (!fault) throw thrown
    if (fault.type === 'UNPROCESSABLE') throw new CannotRevert()
    const isForbidden = fault.type === 'FORBIDDEN' || /not accessible by integration/i.test(fault.message ?? '')
    throw new DrydockError(
      'github-failed',
      `GitHub refused to revert it: ${redact(fault.message ?? fault.type ?? '')}`,
      {
        hint: isForbidden
          ? `The App lacks the permissions ${openingNeeds}. Grant them in the App's settings, then accept them in the settings of the installation.`
          : 'Revert it by hand: the button is at the end of the pull request.',
      },
    )
  }
}
