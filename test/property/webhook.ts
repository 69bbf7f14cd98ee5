import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { isMap } from './oracle/raw.ts'
import type { Body } from './template.ts'

/** A mutating admission webhook that a test runs itself. */
export type Webhook = {
  /** A MutatingWebhookConfiguration of this name for objects with the label `example.com/hooked: yes`. */
  readonly configuration: (name: string) => Body
  readonly calls: () => number
  readonly close: () => Promise<void>
}

/** Starts the webhook on this machine, with a certificate of its own (by openssl: Node can't make one). */
export async function startWebhook(): Promise<Webhook> {
  const { key, cert } = await certificate()
  let calls = 0
  const server = createServer({ key, cert }, async (request, response) => {
    calls += 1
    const review = JSON.parse(await text(request)) as { request: { uid: string; object: Body } }
    // The selector also picks objects that had the label before: without this, one apply would not be enough.
    const { labels } = review.request.object.metadata as { labels?: Body }
    const hooked = labels?.['example.com/hooked'] === 'yes'
    const patch = [{ op: 'replace', path: '', value: hooked ? mutated(review.request.object) : review.request.object }]
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: {
          uid: review.request.uid,
          allowed: true,
          patchType: 'JSONPatch',
          patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
        },
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    configuration: (name) => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name },
      webhooks: [
        {
          name: `hook.${name}.drydock.test`,
          clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: Buffer.from(cert).toString('base64') },
          rules: [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['CREATE', 'UPDATE'] }],
          objectSelector: { matchLabels: { 'example.com/hooked': 'yes' } },
          failurePolicy: 'Ignore',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          timeoutSeconds: 10,
        },
      ],
    }),
    calls: () => calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Adds a label and an annotation, overrules one of ours, and gives containers and data something more. */
function mutated(object: Body): Body {
  const metadata = object.metadata as Body
  const annotations = { ...(metadata.annotations as Body | undefined), 'example.com/seen': 'yes' } as Body
  if ('note' in annotations) annotations.note = 'overruled'
  const labels = { ...(metadata.labels as Body), 'example.com/injected': 'yes' }
  const changed: Body = { ...object, metadata: { ...metadata, labels, annotations } }
  if (object.kind === 'ConfigMap') changed.data = { ...(object.data as Body | undefined), injected: '1' }
  const spec = object.spec
  if (!isMap(spec) || !isMap(spec.template) || !isMap(spec.template.spec)) return changed
  const pod = spec.template.spec
  if (!Array.isArray(pod.containers)) return changed
  const containers = (pod.containers as Body[]).map((container) => {
    const env = ((container.env as Body[] | undefined) ?? []).filter(({ name }) => name !== 'INJECTED')
    return { ...container, env: [{ name: 'INJECTED', value: '1' }, ...env] }
  })
  return { ...changed, spec: { ...spec, template: { ...spec.template, spec: { ...pod, containers } } } }
}

async function certificate(): Promise<{ readonly key: string; readonly cert: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-webhook-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
    await promisify(execFile)('openssl', ['req', ...options, ...name, '-keyout', key, '-out', cert])
    return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
