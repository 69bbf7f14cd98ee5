import { setTimeout as wait } from 'node:timers/promises'
import { at, isArray, isObject, type JsonObject, numberAt, textAt } from '../../../core/model/object.ts'
import type { Client } from './client.ts'
import { isRolledOut, type RolloutStep, rolloutStatus } from './deployment-status.ts'
import { type DemoKind, demoKinds, pathOf } from './kinds.ts'

/** How long a rollout takes, in ms. */
const rolloutMs = 150
/** Before a watch that ended is opened again, in ms. */
const rewatchMs = 200

/**
 * Does by itself what the demo needs of kube-controller-manager: Deployments become ready, namespaces that are deleted
 * become empty and go, and foreground deletions end. Runs until the signal; a client like any other.
 */
export async function runController(client: Client, signal: AbortSignal): Promise<void> {
  const scheduled = new Set<string>()
  const seen: Record<string, (object: JsonObject) => Promise<void>> = {
    Deployment: (object) => deploymentSeen(client, object, scheduled, signal),
    Namespace: (object) => namespaceSeen(client, object),
  }
  const follow = async (kind: DemoKind): Promise<void> => {
    while (!signal.aborted) {
      try {
        for await (const event of client.watch(pathOf(kind), signal)) {
          if (event.type === 'DELETED' || !isObject(event.object)) continue
          await Promise.all([seen[kind.kind]?.(event.object), endForeground(client, kind, event.object)])
        }
      } catch {
        // The server is gone or busy: whatever was missed comes again with the next watch.
      }
      await wait(rewatchMs, undefined, { signal }).catch(() => undefined)
    }
  }
  await Promise.all(demoKinds.map(follow))
}

async function deploymentSeen(
  client: Client,
  deployment: JsonObject,
  scheduled: Set<string>,
  signal: AbortSignal,
): Promise<void> {
  const kind = demoKinds.find((each) => each.kind === 'Deployment')
  const generation = numberAt(deployment, 'metadata', 'generation')
  const key = `${textAt(deployment, 'metadata', 'uid')} ${generation}`
  if (!kind || isRolledOut(deployment) || textAt(deployment, 'metadata', 'deletionTimestamp')) return
  const { namespace, name } = nameOf(deployment)
  const report = (step: RolloutStep) => {
    const status = rolloutStatus(deployment, step, new Date().toISOString().replace(/\.\d+Z$/, 'Z'))
    const path = `${pathOf(kind, namespace, name)}/status?fieldManager=kube-controller-manager`
    return client.request('PATCH', path, { status })
  }
  if (scheduled.has(key)) return
  scheduled.add(key)
  await report('begun')
  setTimeout(() => {
    if (!signal.aborted) report('ended').catch(() => scheduled.delete(key))
  }, rolloutMs)
}

async function namespaceSeen(client: Client, namespace: JsonObject): Promise<void> {
  const { name } = nameOf(namespace)
  const kind = demoKinds.find((each) => each.kind === 'Namespace')
  if (!kind || textAt(namespace, 'metadata', 'deletionTimestamp') === undefined) return
  for (const each of demoKinds) if (each.namespaced) await emptied(client, each, name)
  const { resourceVersion: _any, ...metadata } = namespace.metadata as JsonObject
  const body = { ...namespace, apiVersion: 'v1', kind: 'Namespace', metadata, spec: { finalizers: [] } }
  await client.request('PUT', `${pathOf(kind, '', name)}/finalize`, body)
}

/** Services have no deletion of a whole collection on every server, so each object is deleted by itself. */
async function emptied(client: Client, kind: DemoKind, namespace: string): Promise<void> {
  const { body } = await client.request('GET', pathOf(kind, namespace))
  for (const item of isArray(body.items) ? body.items : []) {
    await client.request('DELETE', pathOf(kind, namespace, textAt(item, 'metadata', 'name')))
  }
}

async function endForeground(client: Client, kind: DemoKind, object: JsonObject): Promise<void> {
  const finalizers = at(object, 'metadata', 'finalizers')
  if (textAt(object, 'metadata', 'deletionTimestamp') === undefined || !isArray(finalizers)) return
  const left = finalizers.filter((each) => each !== 'foregroundDeletion' && each !== 'orphan')
  if (left.length === finalizers.length) return
  const { namespace, name } = nameOf(object)
  const patch = { metadata: { finalizers: left.length > 0 ? left : null } }
  await client.request('PATCH', `${pathOf(kind, namespace, name)}?fieldManager=garbage-collector`, patch)
}

function nameOf(object: JsonObject): { readonly namespace: string; readonly name: string } {
  return { namespace: textAt(object, 'metadata', 'namespace') ?? '', name: textAt(object, 'metadata', 'name') ?? '' }
}
