import { describe, expect, it } from 'vitest'
import { troublesOf } from '../../../src/core/health/troubles.ts'
import type { JsonObject } from '../../../src/core/model/object.ts'
import { is } from './live.ts'
import { container, pod, waits, workload } from './pods.ts'

const patience = (status: JsonObject, kind = 'Deployment', since?: string) =>
  troublesOf(workload(kind), [pod('web-1', { phase: 'Pending', containerStatuses: [status] })], since)[0]?.patienceMs

describe('how long a waiting container is waited for', () => {
  it.each([
    ['ImagePullBackOff', 'no such image', 2_000],
    ['InvalidImageName', 'x', 2_000],
    ['CreateContainerConfigError', 'container has runAsNonRoot and image will run as root', 2_000],
    ['CreateContainerConfigError', 'secret "db" not found', 30_000],
    ['CreateContainerConfigError', `couldn't find key a in ConfigMap shop/web`, 30_000],
    ['ErrImagePull', 'net/http: timeout', undefined],
    ['ContainerCreating', undefined, undefined],
  ])('%s: %s', (reason, message, expected) => expect(patience(waits(reason, message))).toBe(expected))

  it('may crash at its start while what it needs starts beside it', () => {
    const crashed = (restartCount: number) => patience(waits('CrashLoopBackOff', 'back-off', { restartCount }))
    expect([1, 2, 3].map(crashed)).toEqual([undefined, undefined, 2_000])
  })

  it('may crash in a Job, which tries again by itself', () => {
    expect(patience(waits('CrashLoopBackOff', 'x', { restartCount: 9 }), 'Job')).toBeUndefined()
    expect(patience(waits('RunContainerError'), 'Job')).toBeUndefined()
    expect(patience(waits('ImagePullBackOff'), 'Job')).toBe(2_000)
  })

  it('counts what was broken before this sync only once it failed again', () => {
    const since = '2026-01-01T01:00:00Z'
    const failed = (finishedAt: string) =>
      waits('CrashLoopBackOff', 'x', { restartCount: 9, lastState: { terminated: { exitCode: 1, finishedAt } } })
    expect(patience(failed('2026-01-01T00:59:00Z'), 'Deployment', since)).toBeUndefined()
    expect(patience(failed('2026-01-01T01:00:10Z'), 'Deployment', since)).toBe(2_000)
    expect(patience(failed('2026-01-01T00:59:00Z'), 'Deployment', '2026-01-01T00:00:30Z')).toBe(2_000)
  })
})

describe('what is wrong with pods', () => {
  const reasons = (kind: string, ...statuses: readonly JsonObject[]) =>
    troublesOf(
      workload(kind),
      statuses.map((status, index) => pod(`p${index}`, status)),
      undefined,
    ).map(({ pod: { metadata }, reason }) => `${metadata.name} ${reason}`)
  const ready = { phase: 'Running', containerStatuses: [container({ running: {} }, { ready: true })] }

  it('is told with the worst first', () => {
    const starting = { phase: 'Running', containerStatuses: [container({ running: {} })] }
    const unscheduled = { phase: 'Pending', conditions: [is('PodScheduled', 'False', 'Unschedulable', 'no node')] }
    const broken = { phase: 'Pending', containerStatuses: [waits('ImagePullBackOff')] }
    expect(reasons('Deployment', ready, starting, unscheduled, broken)).toEqual([
      'p3 ImagePullBackOff',
      'p2 not scheduled',
      'p1 running, but not ready',
    ])
  })

  it('is the init container that keeps the others from starting', () => {
    const status = {
      phase: 'Pending',
      initContainerStatuses: [waits('CrashLoopBackOff', 'x', { name: 'migrate', restartCount: 4 })],
      containerStatuses: [waits('PodInitializing')],
    }
    expect(troublesOf(workload('Deployment'), [pod('p', status)], undefined).map((each) => each.container)).toEqual([
      'migrate',
    ])
  })

  it('leaves out evicted pods, which are replaced, but not those of a Job', () => {
    const evicted = { phase: 'Failed', reason: 'Evicted', message: 'low on memory' }
    expect(reasons('Deployment', evicted)).toEqual([])
    expect(reasons('Job', evicted)).toEqual(['p0 Evicted'])
    const ended = { phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 3 } })] }
    expect(reasons('Job', ended)).toEqual(['p0 ended'])
    expect(reasons('Job', { phase: 'Succeeded' })).toEqual([])
  })
})
