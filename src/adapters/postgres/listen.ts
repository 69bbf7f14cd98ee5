import type pg from 'pg'
import type { Log } from '../../flows/ports.ts'
import type { Subscription } from './backend.ts'
import { describeFailure } from './store-failed.ts'

/** In ms. */
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 15_000

/**
 * Listens on a connection of its own and connects again when that is lost. Notifications are only a hint (the
 * runner polls as well), so a failure here is logged and never thrown.
 */
export async function listenToPostgres(
  makeClient: () => pg.Client,
  to: { readonly channel: string; readonly notified: (payload: string) => void; readonly resumed: () => void },
  log: Log,
): Promise<Subscription> {
  let closed = false
  let current: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let failures = 0

  const again = (thrown: unknown) => {
    if (closed || timer) return
    log.warn('Listening for jobs was interrupted', { reason: describeFailure(thrown) })
    timer = setTimeout(
      () => {
        timer = undefined
        void connect()
      },
      Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++),
    )
  }
  const connect = async () => {
    const client = makeClient()
    current = client
    const drop = (thrown: unknown) => {
      if (current !== client) return
      current = undefined
      client.end().catch(() => {})
      again(thrown)
    }
    client.on('error', drop)
    client.on('end', () => drop(new Error('the connection ended')))
    client.on('notification', (message) => to.notified(message.payload ?? ''))
    try {
      await client.connect()
      await client.query(`listen ${to.channel}`)
      failures = 0
      to.resumed()
    } catch (thrown) {
      drop(thrown)
    }
  }
  await connect()
  return {
    close: async () => {
      closed = true
      clearTimeout(timer)
      const client = current
      current = undefined
      await client?.end().catch(() => {})
    },
  }
}
