import type { Change, Drift } from '../../../src/core/model/change.ts'
import type { AppPlan, Plan } from '../../../src/core/model/plan.ts'

/** A plan of these apps, merged from one commit into another. */
export function planOf(apps: readonly AppPlan[], more: Partial<Plan> = {}): Plan {
  return {
    apiVersion: 'drydock.dev/v1',
    kind: 'Plan',
    head: 'abc1234def5678abc1234def5678abc1234def56',
    base: '9f8e7d6c5b4a39281706f5e4d3c2b1a098765432',
    digest: 'sha256:11',
    conclusion: 'success',
    apps,
    ...more,
  }
}

/** An app of the cluster `production` without changes. */
export function appOf(name: string, more: Partial<AppPlan> = {}): AppPlan {
  return {
    name,
    cluster: 'production',
    clusterUID: '0b7c6a52-6d0e-4b5c-8a2e-1f2d3c4b5a69',
    changes: [],
    unchanged: 41,
    drift: [],
    errors: [],
    policies: [],
    digest: 'sha256:22',
    ...more,
  }
}

/** An update of `Deployment shop/<name>`. */
export function changeOf(name: string, more: Partial<Change> = {}): Change {
  return {
    action: 'update',
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    namespace: 'shop',
    name,
    source: { path: `apps/shop/${name}.yaml`, line: 1 },
    summary: [],
    fields: [],
    preview: 'server',
    risks: [],
    ...more,
  }
}

export const imageChange: Change = changeOf('web', {
  summary: ['image 1.4.2 → 1.5.0', 'replicas 2 → 3'],
  fields: [
    {
      path: '/spec/template/spec/containers[name=web]/image',
      before: 'ghcr.io/acme/web:1.4.2',
      after: 'ghcr.io/acme/web:1.5.0',
    },
    { path: '/spec/replicas', before: 2, after: 3, takenFrom: 'kubectl-edit' },
  ],
  hunks: [
    '@@ -9,5 +9,5 @@',
    ' spec:',
    '-  replicas: 2',
    '+  replicas: 3',
    '   selector:',
    '@@ -21,5 +21,5 @@',
    '       containers:',
    '         - name: web',
    '-          image: ghcr.io/acme/web:1.4.2',
    '+          image: ghcr.io/acme/web:1.5.0',
    '           ports:',
  ].join('\n'),
})

export const deletedVolume: Change = changeOf('db-data', {
  action: 'delete',
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  source: { path: 'apps/shop/db.yaml', line: 14 },
  summary: ['20Gi of storage class fast'],
  risks: ['data-loss'],
  hunks: '@@ -1,3 +0,0 @@\n-apiVersion: v1\n-kind: PersistentVolumeClaim\n-metadata: {}',
})

export const drifted: Drift = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'shop',
  name: 'web',
  fields: [{ path: '/data/LOG_LEVEL', before: 'debug', after: 'info' }],
  managers: ['kubectl-edit'],
  onSync: 'restored',
}

/** Many objects of one kind that a plan creates. */
export function createsOf(kind: string, number: number, hunkLines = 20): readonly Change[] {
  return Array.from({ length: number }, (_, index) =>
    changeOf(`${kind.toLowerCase()}-${index}`, {
      action: 'create',
      kind,
      hunks: `@@ -0,0 +1,${hunkLines} @@\n${Array.from({ length: hunkLines }, (_, line) => `+line${line}: value`).join('\n')}`,
    }),
  )
}
