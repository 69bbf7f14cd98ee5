import { expect, test } from 'vitest'
import { ask, asOldNode, configMap, desk, namespace, onCluster, until } from './support.ts'

/** A Deployment that never becomes ready, on simulated nodes as on real ones. */
const stuck = `apiVersion: apps/v1
kind: Deployment
metadata: { name: stuck, namespace: NAME }
spec:
  selector: { matchLabels: { app: stuck } }
  template:
    metadata: { labels: { app: stuck, simulate: never-ready } }
    spec:
      containers: [{ name: main, image: "registry.invalid/none:1" }]
`

onCluster('a sync that is stopped', () => {
  test.each([
    ['by Ctrl-C, which a whole group gets', [], (pid: number) => process.kill(-pid, 'SIGINT')],
    ['by a signal to the launcher alone', asOldNode, (pid: number) => process.kill(pid, 'SIGINT')],
  ])('%s ends with 130, and the next one goes on', async (_, node, stop) => {
    const at = desk()
    at.commit({ 'all.yaml': `${namespace}---\n${configMap('one')}`, 'stuck.yaml': stuck })
    const deployment = `/apis/apps/v1/namespaces/${at.name}/deployments/stuck`
    const ran = await at.drydock('sync', {
      node,
      during: async (pid) => {
        await until(async () => (await ask('GET', deployment)).status === 200, 15_000)
        stop(pid)
      },
    })
    expect(ran).toMatchObject({ code: 130, out: '' })
    expect(ran.err).toBe('Stopped by SIGINT. What was done so far stays; run the same command again to go on.\n')
    expect(ran.ms).toBeLessThan(15_000)

    // What it had made is known: the next sync removes it, although no sync ever ended.
    at.commit({ 'stuck.yaml': undefined })
    const again = await at.drydock('sync')
    expect(again.code).toBe(0)
    expect(again.out).toMatch(/deleted +Deployment cli-\w+\/stuck\n/)
  })
})
