import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { appFiles, configuration } from '../support/app-files.ts'
import { fresh, type Harbour, openHarbour } from '../support/harbour.ts'
import { openLive } from '../support/live.ts'

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** Drydock as a process of its own, ready for webhooks. */
async function launch(harbour: Harbour): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['src/main.ts', 'serve'], {
    env: { ...harbour.environment, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { msg: string; port?: number }
    if (said.msg !== 'Drydock listens') continue
    harbour.emulator.setWebhookUrl(`http://127.0.0.1:${said.port}/api/github/webhooks`)
    child.stdout.resume()
    return child
  }
  throw new Error('Drydock ended before it listened')
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

test('killed between webhook and result, started again: the pull request gets its result, once; so does the merge', async () => {
  const harbour = await openHarbour({ started: false })
  const live = await openLive(harbour.kubeconfig)
  const app = fresh('crash')
  try {
    const { emulator } = harbour
    const first = await launch(harbour)
    const config = configuration({ [app]: { path: 'app', namespace: app } })
    const repository = await emulator.createRepository({
      owner: 'acme',
      name: fresh('crash'),
      files: { '.github/drydock.yaml': config },
    })
    // Killed as soon as GitHub has the check in progress: the plan is not there yet.
    const number = await repository.openPullRequest({
      head: 'add',
      title: 'Add',
      author: 'alice',
      files: appFiles('app', app),
    })
    await emulator.waitFor(() => repository.checkRuns().length > 0, { what: 'the check in progress' })
    await kill(first)
    expect(repository.comments(number)).toEqual([])

    const second = await launch(harbour)
    expect(await harbour.planned(repository, number)).toBe('success')
    expect(repository.comments(number)).toHaveLength(1)
    expect(repository.checkRuns().map((run) => [run.name, run.conclusion])).toEqual([
      ['drydock', 'success'],
      [`drydock / ${app}`, 'success'],
    ])

    // Killed when the deployment has begun: objects may be half applied.
    await repository.mergePullRequest(number, { by: 'bob' })
    await emulator.waitFor(() => repository.deployments().some((each) => each.statuses.length > 0), {
      what: 'the deployment',
    })
    await kill(second)
    await launch(harbour)
    expect(await harbour.synced(repository, number)).toMatch(/✅ Synced 1 app/)
    expect(repository.deployments()).toHaveLength(1)
    expect(repository.comments(number)).toHaveLength(1)
    expect(await live.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: app, name: 'web' })).toBeDefined()
    expect(emulator.violations).toEqual([])
  } finally {
    await live.remove(`/api/v1/namespaces/${app}`)
    await live.close()
    await harbour.close()
  }
}, 180_000)
