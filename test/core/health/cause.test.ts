import { describe, expect, it } from 'vitest'
import { briefly, causeOf, lookAt, podTroubles } from '../../../src/core/health/cause.ts'
import type { LiveObject } from '../../../src/core/model/object.ts'
import { is } from './live.ts'
import { container, owner, pod, replicaSet, waits, warning, workload } from './pods.ts'

const deployment = workload('Deployment', {}, { 'deployment.kubernetes.io/revision': '2' })
const around = (...pods: readonly LiveObject[]) => ({ pods, replicaSets: [replicaSet('new', '2')] })
const own = { owner: 'new' }
const tell = (pods: readonly LiveObject[], events: readonly LiveObject[] = [], said = '', since?: string) =>
  causeOf(deployment, { ...around(...pods), since }, events, said)

describe('the cause', () => {
  const terminated = { exitCode: 137, reason: 'OOMKilled', signal: 9, message: 'password=hunter2' }
  const crashing = waits('CrashLoopBackOff', 'back-off 40s restarting', { restartCount: 5, lastState: { terminated } })
  const crash = pod('web-1', { phase: 'Running', containerStatuses: [crashing] }, own)

  it('is the worst container with its reason, its last end and its restarts', () => {
    expect(tell([crash])).toBe(
      'Pod web-1, container web: CrashLoopBackOff: back-off 40s restarting; ended last with exit code 137, OOMKilled, signal 9; restarted 5 times.',
    )
  })

  it('never has what a program wrote when it ended', () => expect(tell([crash])).not.toContain('hunter2'))

  it('is followed by the newest warnings about it that say something new', () => {
    const events = [
      warning('uid-web-1', 'BackOff', 'Back-off restarting failed container'),
      warning('uid-web-1', 'Unhealthy', 'Liveness probe failed: refused', '2026-01-01T00:00:01Z'),
      warning('uid-web-1', 'Unhealthy', 'Liveness probe failed: refused', '2026-01-01T00:00:02Z'),
      warning('uid-web-1', 'FailedMount', 'configmap "a" not found', '2026-01-01T00:00:03Z'),
      warning('uid-other', 'FailedMount', 'not mine', '2026-01-01T00:00:04Z'),
      warning('uid-web-1', 'Failed', 'Error: ImagePullBackOff', '2026-01-01T00:00:05Z'),
      warning('uid-web-1', 'Slow', 'a third one', '2026-01-01T00:00:00Z'),
    ]
    const text = tell([crash], events)
    expect(text).toMatch(
      /5 times\. FailedMount: configmap "a" not found\. Unhealthy: Liveness probe failed: refused\.$/,
    )
  })

  it('leaves out warnings from before this sync', () => {
    const events = [warning('uid-web-1', 'FailedMount', 'old', '2026-01-01T00:00:00Z')]
    expect(tell([crash], events, '', '2026-01-01T00:10:00Z')).not.toContain('FailedMount')
    expect(tell([crash], events, '', '2026-01-01T00:00:10Z')).toContain('FailedMount')
  })

  it('is what the ReplicaSet and the workload are told, where there is no pod', () => {
    const quota = (name: string) => `Error creating: pods "${name}" is forbidden: exceeded quota: none`
    const events = [warning('new', 'FailedCreate', quota('web-a')), warning('new', 'FailedCreate', quota('web-b'))]
    expect(tell([], events)).toBe('FailedCreate: Error creating: pods "web-a" is forbidden: exceeded quota: none.')
    expect(tell([], events, '0 of 1 updated: pods "web-c" is forbidden: exceeded quota: none')).toBe('')
    expect(tell([], [warning(owner, 'Odd', 'a line\n  and more')])).toBe('Odd: a line and more.')
  })

  it('is bounded', () => {
    const long = pod('web-1', { containerStatuses: [waits('ImagePullBackOff', 'x'.repeat(2_000))] }, own)
    expect(tell([long], [warning('uid-web-1', 'Failed', 'y'.repeat(2_000))]).length).toBeLessThan(700)
  })

  it('is empty where nothing is known', () => expect(tell([])).toBe(''))

  it('of a StatefulSet may be a pod of the revision before', () => {
    const old = pod(
      'web-0',
      { containerStatuses: [waits('ImagePullBackOff')] },
      { labels: { 'controller-revision-hash': '1' } },
    )
    const set = workload('StatefulSet', { updateRevision: '2' })
    expect(causeOf(set, { pods: [old], replicaSets: [] }, [], '')).toMatch(/^Of the revision before, .+: Pod web-0,/)
  })
})

describe('while waiting', () => {
  const brief = (...pods: readonly LiveObject[]) => briefly(podTroubles(deployment, around(...pods)))
  it('is said in few words', () => {
    expect(brief(pod('a', { containerStatuses: [waits('ErrImagePull', 'long text')] }, own))).toBe(
      'container web: ErrImagePull',
    )
    expect(
      brief(pod('a', { containerStatuses: [container({ terminated: { exitCode: 1, reason: 'Error' } })] }, own)),
    ).toBe('container web: ended with exit code 1')
    expect(brief(pod('a', { conditions: [is('PodScheduled', 'False', 'x', 'no node')] }, own))).toBe(
      'pod not scheduled',
    )
    expect(brief(pod('a', { containerStatuses: [waits('ContainerCreating')] }, own))).toBeUndefined()
  })
})

describe('what to do next', () => {
  const reference = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }
  const hint = (...pods: readonly LiveObject[]) => lookAt(reference, podTroubles(deployment, around(...pods))[0])
  it('is to look at the log of what crashed, else at what is described', () => {
    expect(hint(pod('a', { containerStatuses: [waits('CrashLoopBackOff')] }, own))).toContain(
      'kubectl logs a -c web -n shop --previous.',
    )
    expect(hint(pod('a', { containerStatuses: [waits('ImagePullBackOff')] }, own))).toContain(
      'kubectl describe pod a -n shop.',
    )
    expect(hint()).toBe('Look at it: kubectl describe deployment web -n shop.')
  })
})
