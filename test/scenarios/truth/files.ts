import type { JsonObject } from '../../../src/core/model/object.ts'

/** A Deployment of one container in the simplest words; no pods unless `replicas` says so. */
export function workload(
  name: string,
  options: {
    readonly image?: string
    /** `null`: not said. */
    readonly replicas?: number | null
    /** Lines of the container, indented by ten. */
    readonly container?: string
    /** Lines of the pod's spec, indented by six. */
    readonly pod?: string
    /** Lines of the metadata, indented by two. */
    readonly meta?: string
    /** More labels that select the pods. */
    readonly labels?: string
  } = {},
): string {
  const {
    image = 'registry.k8s.io/pause:3.9',
    replicas = 0,
    container = '',
    pod = '',
    meta = '',
    labels = '',
  } = options
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
${meta}spec:
${replicas === null ? '' : `  replicas: ${replicas}\n`}  selector:
    matchLabels: { app: ${name}${labels} }
  template:
    metadata:
      labels: { app: ${name}${labels} }
    spec:
${pod}      containers:
        - name: ${name}
          image: ${image}
${container}`
}

/** A ConfigMap; `data` as lines indented by two, `meta` too. */
export function configMap(name: string, data = '', meta = ''): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${meta}${data && `data:\n${data}`}`
}

/** A Namespace. */
export function namespaceOf(name: string): string {
  return `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`
}

/** The kind `Cafe` of a group, with a default. */
export function definition(group: string): string {
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: cafes.${group}
spec:
  group: ${group}
  scope: Namespaced
  names: { kind: Cafe, plural: cafes }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                seats: { type: integer, minimum: 1 }
                size: { type: string, default: small }
`
}

/** A café on the corner. */
export function cafe(group: string, seats: string): string {
  return `apiVersion: ${group}/v1\nkind: Cafe\nmetadata:\n  name: corner\nspec:\n  seats: ${seats}\n`
}

/** What a policy of {@link admissionPolicy} asks. */
export type Demand = {
  readonly operations: readonly ('CREATE' | 'UPDATE' | 'DELETE')[]
  /** CEL. */
  readonly expression: string
  readonly message: string
}

/** A ValidatingAdmissionPolicy on the ConfigMaps of one namespace, and its binding. */
export function admissionPolicy(
  name: string,
  namespace: string,
  { operations, expression, message }: Demand,
): { readonly policy: JsonObject; readonly binding: JsonObject } {
  const apiVersion = 'admissionregistration.k8s.io/v1'
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations, resources: ['configmaps'] }]
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } }
  return {
    policy: {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: { matchConstraints: { namespaceSelector, resourceRules: rules }, validations: [{ expression, message }] },
    },
    binding: {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  }
}
