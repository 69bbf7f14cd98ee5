import { expect } from 'vitest'
import { homeNamespace, parentName } from '../../../src/core/model/inventory.ts'
import type { Json, LiveObject } from '../../../src/core/model/object.ts'
import type { ObjectReference } from '../../../src/core/model/reference.ts'
import type { Deployment } from '../../../src/entry/demo/github/model.ts'
import type { RepositoryStory } from '../../../src/entry/demo/github/story-types.ts'
import { type ControlPlane, openControlPlane } from '../../adapters/kubernetes/control-plane.ts'
import { fresh, type Harbour, openHarbour } from '../../support/harbour.ts'

type Files = Readonly<Record<string, string | null>>

/** One app as a story configures it: `more` are further keys, as YAML of one line. */
type StoryApp = { readonly name: string; readonly path: string; readonly more?: string }

/** Drydock between GitHub and a real control plane, and a look past it at both. */
export type Stage = {
  readonly harbour: Harbour
  readonly plane: ControlPlane
  /** Makes a repository with these apps, all in one new namespace; nothing is synced yet. */
  readonly scene: (apps: readonly StoryApp[], more?: { readonly windows?: string }) => Promise<Scene>
  readonly close: () => Promise<void>
}

/** A repository, its namespace, and what people do and see there. Alice writes, bob merges. */
export type Scene = {
  readonly repository: RepositoryStory
  readonly namespace: string
  /** The configuration with other apps, or other further keys. */
  readonly configuration: (apps: readonly StoryApp[], more?: { readonly windows?: string }) => Files
  /** Opens a pull request and waits for its plan. */
  readonly propose: (files: Files, title?: string) => Promise<number>
  /** Merges by bob. */
  readonly merge: (number: number) => Promise<string>
  /** Opens, waits for the plan, merges, and waits until every app is synced. */
  readonly change: (files: Files, title?: string) => Promise<number>
  /** What Drydock's comment says now. */
  readonly comment: (number: number) => string
  /** Waits until the comment says so; returns it. */
  readonly says: (number: number, text: RegExp, timeoutMs?: number) => Promise<string>
  /** A command as a comment; waits for the answer in words. */
  readonly command: (number: number, user: string, text: string) => Promise<string>
  readonly deployments: (app: string) => readonly Readonly<Deployment>[]
  readonly get: (kind: string, name: string) => Promise<LiveObject | undefined>
  /** Waits until the live object is like that. */
  readonly until: (
    kind: string,
    name: string,
    is: (object: LiveObject | undefined) => boolean,
  ) => Promise<LiveObject | undefined>
  /** The parent object of an app. */
  readonly parent: (app: string) => Promise<LiveObject | undefined>
  /** Waits until the parent object carries a mark, as `pin`. */
  readonly marked: (app: string, mark: string) => Promise<void>
  /** Takes a mark off the parent object, as somebody's hand would. */
  readonly unmark: (app: string, mark: string) => Promise<void>
}

/** Headline of a sync that ended well. */
export const done = /^### ✅ Synced/m

/** Opens the stage; what is made on the cluster is removed with it. */
export async function openStage(): Promise<Stage> {
  const [harbour, plane] = await Promise.all([openHarbour(), openControlPlane('stage')])
  return {
    harbour,
    plane,
    scene: (apps, more) => openScene(harbour, plane, apps, more),
    close: async () => {
      await harbour.close()
      await plane.close()
      expect(harbour.emulator.violations).toEqual([])
    },
  }
}

const apiVersions: Readonly<Record<string, string>> = { Deployment: 'apps/v1', Job: 'batch/v1' }

async function openScene(
  harbour: Harbour,
  plane: ControlPlane,
  apps: readonly StoryApp[],
  more?: { readonly windows?: string },
): Promise<Scene> {
  const { emulator } = harbour
  const namespace = fresh('story')
  plane.later(`/api/v1/namespaces/${namespace}`)
  await plane.raw('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  const configuration: Scene['configuration'] = (list, { windows } = {}) => ({
    '.github/drydock.yaml': [
      'version: 1\napps:',
      ...list.map((app) => `  - { name: ${app.name}, path: ${app.path}, namespace: ${namespace}, ${app.more ?? ''} }`),
      ...(windows === undefined ? [] : [`windows: ${windows}`]),
      '',
    ].join('\n'),
  })
  const files = configuration(apps, more) as Record<string, string>
  const repository = await emulator.createRepository({ owner: 'acme', name: namespace, files })
  repository.setPermission('alice', 'write')
  repository.setPermission('bob', 'maintain')

  const ours = (number: number) => repository.comments(number).filter((each) => each.viaApp)
  const comment = (number: number) => ours(number)[0]?.body ?? ''
  const says: Scene['says'] = (number, text, timeoutMs = 25_000) =>
    emulator
      .waitFor(() => text.test(comment(number)) && comment(number), { what: `${text} in #${number}`, timeoutMs })
      .catch((thrown: Error) => {
        throw new Error(`${thrown.message} It says:\n${comment(number)}`)
      })
  const propose: Scene['propose'] = async (changed, title = 'A change') => {
    const number = await repository.openPullRequest({ head: fresh('branch'), title, author: 'alice', files: changed })
    await harbour.planned(repository, number)
    return number
  }
  const merge = (number: number) => repository.mergePullRequest(number, { by: 'bob' })
  const referenceTo = (kind: string, name: string): ObjectReference => ({
    apiVersion: apiVersions[kind] ?? 'v1',
    kind,
    namespace,
    name,
  })
  const parentOf = (app: string): ObjectReference => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: homeNamespace,
    name: parentName(repository.fullName, app),
  })
  return {
    repository,
    namespace,
    configuration,
    propose,
    merge,
    comment,
    says,
    change: async (changed, title) => {
      const number = await propose(changed, title)
      await merge(number)
      await says(number, done)
      return number
    },
    command: async (number, user, text) => {
      const id = await repository.comment(number, user, text)
      const reply = () => {
        const body = ours(number).find((each) => each.body.includes(`drydock:reply:${id}`))?.body
        return body?.includes('⏳') ? undefined : body
      }
      return emulator.waitFor(reply, { what: `the answer to ${text}`, timeoutMs: 60_000 })
    },
    deployments: (app) => repository.deployments().filter((each) => each.environment === `default/${app}`),
    get: (kind, name) => plane.cluster.get(referenceTo(kind, name)),
    until: (kind, name, is) => untilLive(plane, referenceTo(kind, name), is),
    parent: (app) => plane.cluster.get(parentOf(app)),
    marked: async (app, mark) => {
      const is = (parent: LiveObject | undefined) => parent?.metadata.annotations?.[`drydock.dev/${mark}`] !== undefined
      await untilLive(plane, parentOf(app), is)
    },
    unmark: async (app, mark) => {
      const path = `/api/v1/namespaces/${homeNamespace}/configmaps/${parentOf(app).name}`
      const body = { metadata: { annotations: { [`drydock.dev/${mark}`]: null } } }
      await plane.raw('PATCH', path, body, { contentType: 'application/merge-patch+json' })
    },
  }
}

async function untilLive(
  plane: ControlPlane,
  reference: ObjectReference,
  is: (object: LiveObject | undefined) => boolean,
): Promise<LiveObject | undefined> {
  const seen = new AbortController()
  const signal = AbortSignal.any([seen.signal, AbortSignal.timeout(25_000)])
  let last: LiveObject | undefined
  const look = (_: ObjectReference, object: LiveObject | undefined) => {
    last = object
    if (is(object)) seen.abort()
  }
  await plane.cluster.observe([reference], look, { signal })
  if (!seen.signal.aborted) throw new Error(`${reference.name} never became so: ${JSON.stringify(last)}`)
  return last
}

/** The image that a Deployment asks for. */
export function imageOf(object: LiveObject | undefined): unknown {
  const { spec } = (object ?? {}) as { spec?: { template?: { spec?: { containers?: readonly { image: Json }[] } } } }
  return spec?.template?.spec?.containers?.[0]?.image
}

/** Pods of a Deployment that are ready, of the newest generation. */
export function readyOf(object: LiveObject | undefined): number {
  const { status, metadata } = (object ?? {}) as {
    status?: { observedGeneration?: number; readyReplicas?: number; unavailableReplicas?: number }
    metadata?: { generation?: number }
  }
  if (status?.observedGeneration !== metadata?.generation) return 0
  return (status?.readyReplicas ?? 0) - (status?.unavailableReplicas ?? 0)
}

/** The same workload with pods that run and never become ready. */
export const stuck = (text: string): string => text.replace('labels: {', 'labels: {simulate: never-ready, ')
