import type { Probot } from 'probot'
import type { Log } from '../../flows/ports.ts'

type Logger = Probot['log']

/**
 * Drydock's log as Probot wants it. Probot logs an error with the event that caused it, payload and all, and requests
 * with their bodies: here only the text of a message or an error gets through.
 */
export function probotLog(log: Log): Logger {
  const write = (level: keyof Log) => (first: unknown, second?: unknown) => {
    const error = first instanceof AggregateError ? first.errors[0] : first
    const message = typeof first === 'string' ? first : typeof second === 'string' ? second : undefined
    // A request that was refused is a fault of its sender; anybody can send one.
    const refused = Number((error as { readonly status?: unknown } | undefined)?.status) < 500
    if (refused) log.warn('Webhook refused', { error: (error as Error).message })
    else if (error instanceof Error) log[level](message ?? 'Webhook failed', { error: error.message.slice(0, 300) })
    else log[level](message ?? 'Probot')
  }
  const logger = {
    level: 'debug',
    trace: () => {},
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('error'),
    silent: () => {},
    child: () => logger,
  }
  return logger as unknown as Logger
}
