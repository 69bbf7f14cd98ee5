import type { CommandDescription } from './command.ts'

/** `/lock`: holds an app. */
export const lock: CommandDescription = {
  name: 'lock',
  usage: '/lock [app…] ["reason"]',
  summary: 'Holds an app: nobody may sync it.',
  permission: 'write',
  examples: (apps) => [...apps.slice(0, 1).map((app) => `/lock ${app} "incident"`)],
}
