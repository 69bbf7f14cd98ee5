import type { Client, ForgeParts } from './client.ts'

/** What it takes to open a pull request. It is asked for when one is opened, and not before. */
export const openingPermissions = { contents: 'write', pull_requests: 'write' } as const

/** The same as people read it. */
export const openingNeeds = 'contents: write and pull_requests: write'

/**
 * Number of the pull request that our bot opened with this marker in its text, if it is open or merged: one that was
 * closed without a merge was refused. Anybody can write a marker, but not in the name of our bot.
 */
export async function findOwnPull(parts: ForgeParts, client: Client, marker: string): Promise<number | undefined> {
  const login = await parts.botLogin()
  const list = await client.paginate(client.rest.pulls.list, {
    ...parts.at,
    state: 'all',
    sort: 'created',
    direction: 'desc',
    per_page: 100,
  })
  const isWanted = (each: (typeof list)[number]) => each.state === 'open' || each.merged_at !== null
  return list.find((each) => each.user?.login === login && each.body?.includes(marker) && isWanted(each))?.number
}
