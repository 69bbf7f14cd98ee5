import { z } from 'zod'
import { scheduleFault, timeZoneFault } from '../sync/windows.ts'
import { appSchema, templateSchema } from './app-schema.ts'
import { commandRules } from './command-rules.ts'
import { checked, duration, glob, label } from './schema-parts.ts'

const generator = z
  .strictObject({
    directories: glob.describe('Glob of folders, such as `apps/*/overlays/*`. Each folder that it matches is an app.'),
    template: templateSchema,
  })
  .describe('Makes an app of each matching folder.')

const window = z
  .strictObject({
    kind: z.enum(['allow', 'deny']).describe('Whether syncs are allowed or held while the window is open.'),
    schedule: checked(scheduleFault).describe(
      'When it opens: five cron fields, such as `0 22 * * 1-5`. `L` is the last day of a month.',
    ),
    duration: duration
      .refine((ms) => ms > 0, { error: 'must be longer than nothing' })
      .describe('How long it stays open, such as `8h`, in real time, also across a change of the clocks.'),
    timeZone: checked(timeZoneFault)
      .default('UTC')
      .describe('IANA time zone of the schedule, such as `Europe/Berlin`.'),
    apps: z.array(glob).default(['*']).describe('Globs of the apps that it is for.'),
  })
  .describe(
    'A time in which syncs are allowed or held. One that denies wins; where an app has any that allow, it is held while none of them is open.',
  )

const exception = z
  .strictObject({
    policy: z.string().min(1).describe('Name of the policy.'),
    app: label.optional().describe('App that it is for. Default: every app.'),
    object: z.string().min(1).optional().describe('Object that it is for, as `Kind namespace/name`.'),
    reason: z.string().min(1).describe('Why the exception is right.'),
    expires: z.iso
      .date({ error: 'must be a date in quotes, such as "2027-01-31"' })
      .describe('Last day of the exception.'),
  })
  .describe('A denial of a policy that is accepted until a day.')

/** The whole of `.github/drydock.yaml`. */
export const repositorySchema = z
  .strictObject({
    version: z.literal(1, { error: 'must be 1' }).describe('Version of this format: 1.'),
    apps: z.array(appSchema).default([]).describe('The applications of this repository.'),
    generate: z.array(generator).default([]).describe('Rules that make apps of folders.'),
    policies: z.array(glob).default([]).describe('Globs of files that hold policies.'),
    require: z
      .strictObject({
        approvals: z
          .int()
          .min(0)
          .max(10)
          .default(0)
          .describe('Approving reviews that a merge needs before it is synced.'),
        upToDate: z.boolean().default(false).describe('Whether the plan must be of the newest target branch.'),
      })
      .prefault({})
      .describe('What a pull request needs beside a passing plan.'),
    commands: commandRules
      .prefault({})
      .describe('Who may use which command: a permission on the repository, or a list of people and teams.'),
    windows: z
      .array(window)
      // Each is looked at before each sync, over and over for the end of a hold.
      .max(50)
      .default([])
      .describe('Times in which syncs are allowed or held.'),
    exceptions: z.array(exception).default([]).describe('Policy denials that are accepted.'),
  })
  .describe('Configuration of Drydock for one repository: `.github/drydock.yaml`.')
