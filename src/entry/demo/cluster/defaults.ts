import type { JsonObject } from '../../../core/model/object.ts'
import { child, children, type Draft, draftOf, fill, maybe } from './draft.ts'
import type { DemoKind } from './kinds.ts'
import { kindShape } from './schema.ts'
import { tidy } from './tidy.ts'

/** The object as the API server stores it: tidied, with the defaults of its kind filled in. */
export function withDefaults(kind: DemoKind, object: JsonObject): JsonObject {
  const draft = draftOf(tidy(kindShape(kind.kind), object) as JsonObject)
  const metadata = child(draft, 'metadata')
  if (kind.kind === 'Deployment') deploymentDefaults(child(draft, 'spec'))
  if (kind.kind === 'Deployment') fill(draft, { status: {} })
  if (kind.kind === 'Service') serviceDefaults(draft)
  if (kind.kind === 'Secret') secretDefaults(draft)
  if (kind.kind === 'Namespace') {
    fill(child(metadata, 'labels'), { 'kubernetes.io/metadata.name': metadata.name })
    fill(draft, { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } })
    fill(child(draft, 'spec'), { finalizers: ['kubernetes'] })
  }
  return draft
}

function secretDefaults(draft: Draft): void {
  fill(draft, { type: 'Opaque' })
  const texts = maybe(draft, 'stringData')
  delete draft.stringData
  for (const [key, text] of Object.entries(texts ?? {})) {
    child(draft, 'data')[key] = Buffer.from(String(text)).toString('base64')
  }
}

function serviceDefaults(draft: Draft): void {
  const spec = child(draft, 'spec')
  fill(draft, { status: { loadBalancer: {} } })
  fill(spec, { type: 'ClusterIP', sessionAffinity: 'None' })
  for (const port of children(spec, 'ports')) {
    fill(port, { protocol: 'TCP', targetPort: port.port })
  }
  if (spec.type === 'ExternalName') return
  fill(spec, { internalTrafficPolicy: 'Cluster' })
  const outside = spec.type === 'NodePort' || spec.type === 'LoadBalancer'
  if (outside) fill(spec, { externalTrafficPolicy: 'Cluster' })
  if (spec.type === 'LoadBalancer') fill(spec, { allocateLoadBalancerNodePorts: true })
}

function deploymentDefaults(spec: Draft): void {
  fill(spec, { replicas: 1, strategy: {}, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 })
  const strategy = child(spec, 'strategy')
  fill(strategy, { type: 'RollingUpdate' })
  if (strategy.type === 'RollingUpdate') {
    fill(child(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' })
  }
  const template = child(spec, 'template')
  fill(template, { metadata: {} })
  podDefaults(child(template, 'spec'))
}

function podDefaults(spec: Draft): void {
  fill(spec, { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst' })
  fill(spec, { securityContext: {}, schedulerName: 'default-scheduler', serviceAccount: spec.serviceAccountName })
  fill(spec, { serviceAccountName: spec.serviceAccount })
  for (const list of ['initContainers', 'containers']) {
    for (const container of children(spec, list)) containerDefaults(container)
  }
  for (const volume of children(spec, 'volumes')) volumeDefaults(volume)
}

function containerDefaults(container: Draft): void {
  const image = String(container.image ?? '')
  const tag = /:([^/:@]+)$/.exec(image)?.[1] ?? (image.includes('@') ? '' : 'latest')
  fill(container, { resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' })
  fill(container, { imagePullPolicy: tag === 'latest' ? 'Always' : 'IfNotPresent' })
  for (const port of children(container, 'ports')) fill(port, { protocol: 'TCP' })
  for (const variable of children(container, 'env')) {
    const from = maybe(variable, 'valueFrom')
    fill(maybe(from, 'fieldRef') ?? {}, { apiVersion: 'v1' })
    fill(maybe(from, 'resourceFieldRef') ?? {}, { divisor: '0' })
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = maybe(container, name)
    if (!probe) continue
    fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 })
    fill(maybe(probe, 'httpGet') ?? {}, { path: '/', scheme: 'HTTP' })
    fill(maybe(probe, 'grpc') ?? {}, { service: '' })
  }
  for (const hook of ['postStart', 'preStop']) {
    fill(maybe(maybe(maybe(container, 'lifecycle'), hook), 'httpGet') ?? {}, { path: '/', scheme: 'HTTP' })
  }
}

function volumeDefaults(volume: Draft): void {
  if (Object.keys(volume).length === 1) fill(volume, { emptyDir: {} })
  for (const source of ['configMap', 'secret', 'projected', 'downwardAPI']) {
    fill(maybe(volume, source) ?? {}, { defaultMode: 420 })
  }
  fill(maybe(volume, 'hostPath') ?? {}, { type: '' })
  for (const source of children(maybe(volume, 'projected'), 'sources')) {
    fill(maybe(source, 'serviceAccountToken') ?? {}, { expirationSeconds: 3600 })
  }
}
