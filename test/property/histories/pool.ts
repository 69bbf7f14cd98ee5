import type { JsonObject, KubeObject } from '../../../src/core/model/object.ts'
import { identityOf, referenceOf } from '../../../src/core/model/reference.ts'

/** What an object's annotations say of its deletion; the first three protect it. */
export const notes = {
  none: {},
  'drydock-disabled': { 'drydock.dev/prune': 'disabled' },
  'argo-no-prune': { 'argocd.argoproj.io/sync-options': 'Prune=false' },
  'flux-no-prune': { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
  'helm-keep': { 'helm.sh/resource-policy': 'keep' },
  'drydock-confirm': { 'drydock.dev/prune': 'confirm' },
  first: { 'drydock.dev/prune': 'first' },
  'wave-1': { 'drydock.dev/wave': '1' },
  'wave-before': { 'argocd.argoproj.io/sync-wave': '-1' },
} as const satisfies Record<string, Readonly<Record<string, string>>>

export type Note = keyof typeof notes

/** One object as Git has it. */
export type Entry = {
  readonly slot: number
  /** Its content: two entries of a slot with one value are the same. */
  readonly value: number
  readonly note: Note
  /** A Deployment or Job whose pods crash. */
  readonly crash?: boolean
}

type Slot = {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly body: (value: number, crash: boolean) => JsonObject
  /** Its deletion needs a person. */
  readonly risky?: boolean
  readonly hook?: string
}

/** Namespaces that are there from the beginning. */
export const [one, two] = ['histories-one', 'histories-two'] as const

const data = (value: number): JsonObject => ({ data: { value: String(value) } })

const workload = (value: number, crash: boolean): JsonObject => ({
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web', ...(crash ? { simulate: 'crash' } : {}) } },
      spec: { containers: [{ name: 'web', image: `registry.example/web:1.0.${value}` }] },
    },
  },
})

const job = (value: number, crash: boolean): JsonObject => ({
  spec: {
    backoffLimit: 0,
    template: {
      metadata: { labels: crash ? { simulate: 'crash' } : {} },
      spec: { restartPolicy: 'Never', containers: [{ name: 'run', image: `registry.example/job:1.0.${value}` }] },
    },
  },
})

const service = (value: number): JsonObject => ({
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80 + value }] },
})

const of = (kind: string, namespace: string, name: string, body: Slot['body'], more: Partial<Slot> = {}): Slot => ({
  apiVersion: 'v1',
  kind,
  namespace,
  name,
  body,
  ...more,
})

/** Few names, so that histories meet the same object again and again. The first ones are the apps' own. */
export const anchors = 4

export const slots: readonly Slot[] = [
  ...Array.from({ length: anchors }, (_, index) => of('ConfigMap', one, `anchor-${index}`, data)),
  of('ConfigMap', one, 'settings', data),
  of('ConfigMap', two, 'settings', data),
  of('ConfigMap', one, 'extra', data),
  of('ConfigMap', two, 'extra', data),
  of('Secret', one, 'keys', (value) => ({ type: 'Opaque', data: { key: btoa(`secret ${value}`) } })),
  of('Service', one, 'web', service),
  of('Service', two, 'web', service),
  of('Deployment', one, 'web', workload, { apiVersion: 'apps/v1' }),
  of('Deployment', two, 'web', workload, { apiVersion: 'apps/v1' }),
  of('ServiceAccount', one, 'robot', () => ({})),
  of('PersistentVolumeClaim', one, 'files', () => ({ spec: { accessModes: ['ReadWriteOnce'] } }), { risky: true }),
  { apiVersion: 'v1', kind: 'Namespace', name: 'histories-three', body: () => ({}), risky: true },
  of('Job', one, 'migrate', job, { apiVersion: 'batch/v1', hook: 'PreSync' }),
  of('Job', one, 'notify', job, { apiVersion: 'batch/v1', hook: 'PostSync' }),
]

export function slotOf(entry: { readonly slot: number }): Slot {
  const found = slots[entry.slot]
  if (!found) throw new Error(`there is no slot ${entry.slot}`)
  return found
}

/** The manifest of an entry, as it stands in Git. */
export function manifestOf(entry: Entry): KubeObject {
  const { apiVersion, kind, namespace, name, body, hook } = slotOf(entry)
  const annotations = { ...notes[entry.note], ...(hook ? { 'argocd.argoproj.io/hook': hook } : {}) }
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      labels: { value: String(entry.value) },
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
    ...body(entry.value, entry.crash === true),
  }
}

/** The entry that a manifest was made of. */
export function entryOf(manifest: KubeObject): Entry {
  const slot = slots.findIndex((_, index) => identityOfSlot(index) === identityOf(referenceOf(manifest)))
  const annotations = manifest.metadata.annotations ?? {}
  const note = (Object.keys(notes) as Note[]).find((each) =>
    Object.entries(notes[each]).some(([key, value]) => annotations[key] === value),
  )
  const crash = JSON.stringify(manifest).includes('"simulate":"crash"')
  return { slot, value: Number(manifest.metadata.labels?.value), note: note ?? 'none', ...(crash ? { crash } : {}) }
}

/** Identity of the object of a slot. */
export function identityOfSlot(slot: number): string {
  return identityOf(referenceOf(manifestOf({ slot, value: 0, note: 'none' })))
}

/** Whether every field of the manifest is live as it says; else the first path that isn't. Others may add to lists. */
export function differs(wanted: unknown, live: unknown, path = ''): string | undefined {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(live)) return path
    const at = wanted.findIndex((item) => !live.some((each) => differs(item, each) === undefined))
    return at < 0 ? undefined : `${path}/${at}`
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof live !== 'object' || live === null) return path || '/'
    for (const [key, item] of Object.entries(wanted)) {
      const found = differs(item, (live as Record<string, unknown>)[key], `${path}/${key}`)
      if (found) return found
    }
    return undefined
  }
  return wanted === live ? undefined : path || '/'
}
