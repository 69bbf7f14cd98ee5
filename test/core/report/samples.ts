import { summarise } from '../../../src/core/diff/summary.ts'
import type { Change, Drift, FieldChange } from '../../../src/core/model/change.ts'
import { type PlanView, planComment } from '../../../src/core/report/plan-comment.ts'
import { appOf, changeOf, createsOf, deletedVolume, drifted, imageChange, planOf } from './plans.ts'

function comment(view: Pick<PlanView, 'plan'> & Partial<PlanView>): string {
  return planComment({
    number: 42,
    baseRef: 'main',
    plannedAt: '2026-11-21T14:03:22.123Z',
    durationMs: 6210,
    marker: '<!-- drydock:acme/shop#42 -->',
    ...view,
  })
}

function update(name: string, fields: readonly FieldChange[], more: Partial<Change> = {}): Change {
  const hunks = `@@ -3,5 +3,5 @@\n metadata:\n   labels:\n-    app.kubernetes.io/version: 1.4.2\n+    app.kubernetes.io/version: 1.5.0\n   name: ${name}`
  return changeOf(name, { fields, summary: summarise(fields), hunks, ...more })
}

const version: FieldChange = { path: '/metadata/labels/app.kubernetes.io~1version', before: '1.4.2', after: '1.5.0' }

const release: readonly Change[] = [
  {
    ...imageChange,
    fields: imageChange.fields.map((field) =>
      field.takenFrom ? { ...field, takenAt: '2026-11-19T14:00:00Z' } : field,
    ),
  },
  update(
    'checkout-with-a-rather-long-name-of-its-own',
    [
      {
        path: '/spec/template/spec/containers[name=checkout]/image',
        before: 'ghcr.io/acme/checkout:1.4.2',
        after: 'ghcr.io/acme/checkout:1.5.0',
      },
      {
        path: '/spec/template/spec/containers[name=proxy]',
        after: { name: 'proxy', image: 'docker.io/envoyproxy/envoy:v1.30' },
      },
      {
        path: '/spec/template/spec/containers[name=checkout]/env[name=FEATURE_FLAGS_ENDPOINT]',
        after: { name: 'FEATURE_FLAGS_ENDPOINT' },
      },
      version,
    ],
    {
      warnings: [
        'would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "proxy")',
      ],
    },
  ),
  ...['cart', 'search', 'mail', 'stock', 'price'].map((name) => update(name, [version], { kind: 'Service' })),
  update(
    'reader',
    [
      {
        path: '/rules',
        before: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
        after: [{ apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get'] }],
      },
    ],
    { kind: 'Role' },
  ),
]

const debug: Drift = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'web',
  fields: [
    {
      path: '/spec/template/spec/containers[name=debug]',
      before: { name: 'debug', image: 'busybox:1.36', command: ['sleep', 'infinity'] },
      takenFrom: 'kubectl-edit',
      takenAt: '2026-11-21T11:00:00Z',
    },
  ],
  managers: ['kubectl-edit'],
  onSync: 'kept',
}

/** Comments as they are on real days, to be looked at. */
export const samples: Readonly<Record<string, () => string>> = {
  'a release with drift': () =>
    comment({ plan: planOf([appOf('shop-production', { changes: release, drift: [drifted, debug] })]) }),

  'a dangerous change of three apps': () =>
    comment({
      plan: planOf(
        [
          appOf('shop', {
            changes: [
              ...release,
              {
                ...deletedVolume,
                consequences: [
                  'the volume pvc-2b6f4a1e-93c1-4a55-8f5f-0d5c7a1b2e3f (20Gi): its reclaim policy is Delete',
                ],
              },
              changeOf('legacy', {
                action: 'delete',
                kind: 'Namespace',
                apiVersion: 'v1',
                risks: ['namespace-deletion'],
                consequences: [
                  '12 Deployments',
                  '3 PersistentVolumeClaims: orders, invoices, sessions',
                  '40 more objects of 9 kinds',
                ],
              }),
            ],
            policies: [
              {
                policy: 'no-secrets-in-roles',
                severity: 'deny',
                message: 'a Role may not read every Secret of its namespace',
                object: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', namespace: 'shop', name: 'reader' },
                source: { path: 'apps/shop/overlays/production/role.yaml', line: 9 },
              },
            ],
          }),
          appOf('search', { drift: [drifted] }),
          appOf('billing', {
            unchanged: 0,
            errors: [
              {
                code: 'render-failed',
                message: 'helm template failed: `image.tag` is not set',
                source: { path: 'apps/billing/templates/deployment.yaml', line: 12 },
                hint: 'Set `image.tag` in apps/billing/values.yaml.',
              },
            ],
          }),
        ],
        { conclusion: 'failure' },
      ),
    }),

  'a first plan in a new namespace': () =>
    comment({
      plan: planOf([
        appOf('monitoring', {
          unchanged: 0,
          changes: [
            changeOf('monitoring', { action: 'create', kind: 'Namespace', namespace: '' }),
            ...createsOf('ConfigMap', 6, 6).map((change) => ({
              ...change,
              preview: 'client' as const,
              previewReason: 'this commit creates its namespace',
            })),
          ],
        }),
      ]),
      discoveredConfig: 'version: 1\napps:\n  - name: monitoring\n    path: apps/monitoring\n',
    }),

  'nothing to do': () => comment({ plan: planOf([appOf('shop'), appOf('search')]) }),
}
