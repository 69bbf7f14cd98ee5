import { isDeepStrictEqual } from 'node:util'
import { DrydockError } from '../../core/model/errors.ts'
import type { Forge } from '../../flows/ports.ts'
import type { ForgeParts } from './client.ts'
import { description } from './limits.ts'
import { createOnce } from './patience.ts'
import { redact } from './redact.ts'
import { ask } from './refusal.ts'

/** Deployments and their statuses. */
export function deploymentMethods(parts: ForgeParts) {
  const { client, at, appId } = parts
  const methods: Pick<Forge, 'createDeployment' | 'deploymentStatus'> = {
    createDeployment: (deployment) => {
      const { commit, environment, payload } = deployment
      // Looked for first: the port has no other way to find one that was made right before a crash.
      const find = async () => {
        const query = { ...at, sha: commit, environment, per_page: 100 }
        const list = await client.paginate(client.rest.repos.listDeployments, query)
        return list.find(
          (each) => each.performed_via_github_app?.id === appId && isDeepStrictEqual(payloadOf(each.payload), payload),
        )?.id
      }
      const create = async () => {
        const { data } = await client.rest.repos.createDeployment({
          ...at,
          ref: commit,
          environment,
          description: description(deployment.description),
          payload: { ...payload },
          // GitHub's defaults would merge the default branch into the ref, and refuse while any check is not green.
          auto_merge: false,
          required_contexts: [],
          request: { retries: 0 },
        })
        if (!('id' in data))
          throw new DrydockError('github-failed', `GitHub made no deployment: ${redact(data.message ?? '')}`)
        return data.id
      }
      return ask(
        `create a deployment to ${environment}`,
        'deployments: write',
        async () => (await find()) ?? (await createOnce(create, find, parts)),
      )
    },
    deploymentStatus: async (id, status) => {
      const text = description(status.description)
      const create = async () => {
        const { data } = await client.rest.repos.createDeploymentStatus({
          ...at,
          deployment_id: id,
          state: status.state,
          description: text,
          ...(status.logUrl ? { log_url: status.logUrl } : {}),
          request: { retries: 0 },
        })
        return data.id
      }
      const find = async () => {
        // Newest first: only the newest can be the one whose answer was lost.
        const { data } = await client.rest.repos.listDeploymentStatuses({ ...at, deployment_id: id, per_page: 1 })
        return data.find((each) => each.state === status.state && each.description === text)?.id
      }
      await ask(`report the state of deployment ${id}`, 'deployments: write', () => createOnce(create, find, parts))
    },
  }
  return methods
}

/** GitHub gives the payload back as an object, or as the text that it was stored as. */
function payloadOf(payload: unknown): unknown {
  if (typeof payload !== 'string') return payload
  try {
    return JSON.parse(payload)
  } catch {
    return payload
  }
}
