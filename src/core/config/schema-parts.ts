import { z } from 'zod'
import { durationPattern, parseDuration } from './duration.ts'
import { globFault } from './glob.ts'
import { normalisePath, pathFault } from './paths.ts'

/** An RFC 1123 label: the name of an app, a cluster or a namespace. */
export const label = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
  error: 'must be lower-case letters, digits and `-`, at most 63, with a letter or digit at both ends (RFC 1123)',
})

/** A text for which a function of ours says what is wrong with it. */
export function checked(fault: (text: string) => string | undefined) {
  return z
    .string()
    .min(1)
    .superRefine((text, context) => {
      const message = fault(text)
      if (message) context.addIssue({ code: 'custom', message })
    })
}

/** A path inside the repository; the result has no `./` and no trailing `/`. */
export const path = z
  .string()
  .superRefine((text, context) => {
    const fault = pathFault(text)
    if (fault) context.addIssue({ code: 'custom', message: fault })
  })
  .transform(normalisePath)

/** A glob in the language of {@link globFault}. */
export const glob = z.string().superRefine((text, context) => {
  const fault = globFault(text) ?? (text.split('/').includes('..') ? 'must not leave the repository' : undefined)
  if (fault) context.addIssue({ code: 'custom', message: fault })
})

/** A duration such as `1h30m`; the result is in ms. */
export const duration = z
  .string({ error: 'must be a duration with a unit, such as 5m or 1h30m' })
  .regex(durationPattern, { error: 'must be a duration with a unit, such as 5m or 1h30m' })
  .transform((text) => parseDuration(text) ?? 0)

/** A JSON pointer (RFC 6901) that names a field. */
export const jsonPointer = z.string().regex(/^(\/([^~/]|~[01])*)+$/, {
  error: 'must be a JSON pointer to a field, such as /spec/replicas (write `/` as ~1 and `~` as ~0)',
})

/** Which objects a rule is for; every key that is given must fit. */
export const selector = {
  group: z
    .string()
    .optional()
    .describe('API group, such as `apps`; the core group is an empty text. Default: every group.'),
  kind: z.string().min(1).optional().describe('Kind, such as `Deployment`. Default: every kind.'),
  namespace: z.string().min(1).optional().describe('Namespace. Default: every namespace.'),
  name: z.string().min(1).optional().describe('Name of the object. Default: every name.'),
}
