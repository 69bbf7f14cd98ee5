import { setTimeout as delay } from 'node:timers/promises'
import { type ControlPlane, openControlPlane, randomName } from '../adapters/kubernetes/control-plane.ts'
import { definitions, group } from './kinds/custom.ts'
import { startWebhook, type Webhook } from './webhook.ts'

/** What cases stand on: namespaces that don't share objects, the kinds of this test, and a webhook. */
export type Ground = {
  readonly lanes: readonly ControlPlane[]
  readonly webhook: Webhook
  readonly close: () => Promise<void>
}

const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const hooksPath = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations'

/** Prepares the control plane for some lanes of cases; `close` takes all of it away again. */
export async function prepareGround(count: number): Promise<Ground> {
  const first = await openControlPlane('property')
  const lanes = [first]
  for (let lane = 1; lane < count; lane += 1) lanes.push(await openControlPlane('property'))
  for (const definition of definitions) {
    const answer = await first.raw('POST', definitionsPath, definition)
    if (answer.status !== 201 && answer.status !== 409) throw new Error(JSON.stringify(answer.body))
    first.later(`${definitionsPath}/${definition.metadata.name}`)
  }
  const webhook = await startWebhook()
  const hook = randomName('property')
  const answer = await first.raw('POST', hooksPath, webhook.configuration(hook))
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
  const close = async () => {
    await first.raw('DELETE', `${hooksPath}/${hook}`)
    await webhook.close()
    for (const lane of lanes.toReversed()) await lane.close()
  }
  const served = async (resource: string) => (await first.raw('GET', `/apis/${group}/${resource}`)).status === 200
  for (let waited = 0; waited < 100; waited += 1) {
    if ((await served('v1/widgets')) && (await served('v1/blobs')) && (await served('v1alpha1/gadgets')))
      return { lanes, webhook, close }
    await delay(50)
  }
  await close()
  throw new Error('the kinds of this test are not served')
}
