import type { Forge } from '../../flows/ports.ts'
import type { ForgeParts } from './client.ts'
import { checkOutput } from './limits.ts'
import { createOnce } from './patience.ts'
import { ask } from './refusal.ts'

type Done = Parameters<Forge['completeCheck']>[1]
type Running = Parameters<Forge['createCheck']>[0]['running']

const completed = ({ conclusion, report }: Done) => ({
  status: 'completed' as const,
  conclusion,
  completed_at: new Date().toISOString(),
  output: checkOutput(report),
})

const inProgress = (running: Running) => ({
  status: 'in_progress' as const,
  ...(running ? { output: { title: running.title, summary: running.summary } } : {}),
})

/** Check runs. */
export function checkMethods(parts: ForgeParts) {
  const { client, at, appId } = parts

  const find = async (commit: string, name: string, externalId: string) => {
    const runs = await client.paginate(client.rest.checks.listForRef, {
      ...at,
      ref: commit,
      check_name: name,
      app_id: appId,
      filter: 'all',
      per_page: 100,
    })
    return runs.find((run) => run.app?.id === appId && run.name === name && run.external_id === externalId)?.id
  }

  const methods: Pick<Forge, 'createCheck' | 'completeCheck' | 'findCheck'> = {
    createCheck: ({ name, commit, externalId, running, done }) => {
      const create = async () => {
        const { data } = await client.rest.checks.create({
          ...at,
          name,
          head_sha: commit,
          external_id: externalId,
          started_at: new Date().toISOString(),
          ...(done ? completed(done) : inProgress(running)),
          request: { retries: 0 },
        })
        return data.id
      }
      return ask(`create the check run ${name}`, 'checks: write', () =>
        createOnce(create, () => find(commit, name, externalId), parts),
      )
    },
    completeCheck: async (id, done) => {
      const update = async () => {
        await client.rest.checks.update({ ...at, check_run_id: id, ...completed(done), request: { retries: 0 } })
        return id
      }
      // Each update adds its annotations to those that are there: after a lost answer, look before sending again.
      const isDone = async () => {
        const { data } = await client.rest.checks.get({ ...at, check_run_id: id })
        return data.status === 'completed' && data.conclusion === done.conclusion ? id : undefined
      }
      await ask(`complete check run ${id}`, 'checks: write', () => createOnce(update, isDone, parts))
    },
    findCheck: (commit, name, externalId) =>
      ask(`list the check runs of ${commit}`, 'checks: read', () => find(commit, name, externalId)),
  }
  return methods
}
