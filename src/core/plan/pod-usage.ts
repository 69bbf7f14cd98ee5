import {
  at,
  isArray,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  numberAt,
  textAt,
} from '../model/object.ts'
import { one } from './quantity.ts'
import { amountsOf, largest, plus, type Usage } from './usage.ts'

/** What LimitRanges of a namespace give to containers that say nothing. */
export type Defaults = { readonly limits: Usage; readonly requests: Usage }

/** What a quota counts of one pod, and by what it chooses pods. */
export type PodUsage = {
  readonly usage: Usage
  readonly bestEffort: boolean
  readonly terminating: boolean
  readonly priorityClass?: string
}

type Resources = { readonly limits: Usage; readonly requests: Usage }

const none: Resources = { limits: new Map(), requests: new Map() }

/** The defaults of a namespace's LimitRanges; the first that names a resource wins (plugin LimitRanger). */
export function defaultsOf(ranges: readonly KubeObject[]): Defaults {
  const items = ranges
    .flatMap((range) => objectsIn(at(range, 'spec', 'limits')))
    .filter((item) => textAt(item, 'type') === 'Container')
  return items.reduce<Resources>(
    (found, item) => ({
      limits: new Map([...amountsOf(item.default), ...found.limits]),
      requests: new Map([...amountsOf(item.defaultRequest), ...found.requests]),
    }),
    none,
  )
}

/**
 * What one pod of this specification takes from a quota. Containers are summed; each init container must fit beside the
 * sidecars that were started before it (KEP-753); resources of the pod itself come before those of its containers
 * (KEP-2837). The overhead of a runtime class is not counted.
 */
export function podUsage(spec: Json | undefined, defaults: Defaults = none): PodUsage {
  const containers = objectsIn(at(spec, 'containers')).map((each) => resourcesOf(each, defaults))
  const beginning = objectsIn(at(spec, 'initContainers'))
  const initial = beginning.map((each) => resourcesOf(each, defaults))
  const [wholeLimits, wholeRequests] = ['limits', 'requests'].map((key) => amountsOf(at(spec, 'resources', key)))
  const sum = (of: keyof Resources): Usage => {
    let running: Usage = new Map()
    let peak: Usage = new Map()
    for (const [index, each] of initial.entries()) {
      const sidecar = textAt(beginning[index], 'restartPolicy') === 'Always'
      peak = largest(peak, plus(running, each[of]))
      if (sidecar) running = plus(running, each[of])
    }
    const together = containers.reduce((total, each) => plus(total, each[of]), running)
    return largest(together, peak)
  }
  const limits = new Map([...sum('limits'), ...(wholeLimits ?? [])])
  const requests = new Map([...(wholeLimits ?? []), ...sum('requests'), ...(wholeRequests ?? [])])
  const priorityClass = textAt(spec, 'priorityClassName')
  return {
    usage: named(requests, limits),
    bestEffort: ['cpu', 'memory'].every((name) => !requests.get(name) && !limits.get(name)),
    terminating: numberAt(spec, 'activeDeadlineSeconds') !== undefined,
    ...(priorityClass ? { priorityClass } : {}),
  }
}

/** A request that is not said is the limit, then the namespace's default. */
function resourcesOf(container: JsonObject, defaults: Defaults): Resources {
  const limits = amountsOf(at(container, 'resources', 'limits'))
  const requests = amountsOf(at(container, 'resources', 'requests'))
  return {
    limits: new Map([...defaults.limits, ...limits]),
    requests: new Map([...defaults.requests, ...limits, ...requests]),
  }
}

/** By the names of quotas: https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
function named(requests: Usage, limits: Usage): Usage {
  const found = new Map([
    ['pods', one],
    ['count/pods', one],
  ])
  for (const [name, amount] of requests) {
    found.set(`requests.${name}`, amount)
    if (['cpu', 'memory', 'ephemeral-storage'].includes(name) || name.startsWith('hugepages-')) found.set(name, amount)
  }
  for (const [name, amount] of limits) found.set(`limits.${name}`, amount)
  return found
}

function objectsIn(list: Json | undefined): readonly JsonObject[] {
  return isArray(list) ? list.filter(isObject) : []
}
