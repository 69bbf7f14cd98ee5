import { at, isArray, type JsonObject, numberAt, textAt } from '../../../core/model/object.ts'

/** How far a rollout is: seen and begun, or at its end. */
export type RolloutStep = 'begun' | 'ended'

/** The image of a container that can never start: its tag is `broken`. */
export function brokenImage(deployment: JsonObject): string | undefined {
  const containers = at(deployment, 'spec', 'template', 'spec', 'containers')
  const images = (isArray(containers) ? containers : []).map((each) => textAt(each, 'image') ?? '')
  return images.find((image) => image.endsWith(':broken'))
}

/** Tells whether the status says that the newest spec runs on every replica. */
export function isRolledOut(deployment: JsonObject): boolean {
  return (
    numberAt(deployment, 'status', 'observedGeneration') === numberAt(deployment, 'metadata', 'generation') &&
    (numberAt(deployment, 'status', 'availableReplicas') ?? 0) === (numberAt(deployment, 'spec', 'replicas') ?? 1)
  )
}

/** The status that the Deployment controller would write at a step of a rollout, as a merge patch. */
export function rolloutStatus(deployment: JsonObject, step: RolloutStep, now: string): JsonObject {
  const replicas = numberAt(deployment, 'spec', 'replicas') ?? 1
  const broken = brokenImage(deployment)
  const ready = (step === 'ended' || replicas === 0) && broken === undefined
  const available = ready ? replicas : 0
  const name = textAt(deployment, 'metadata', 'name') ?? ''
  return {
    observedGeneration: numberAt(deployment, 'metadata', 'generation') ?? 1,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: available,
    availableReplicas: available,
    unavailableReplicas: replicas - available,
    conditions: [
      ready
        ? condition('Available', true, 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
        : condition(
            'Available',
            false,
            'MinimumReplicasUnavailable',
            'Deployment does not have minimum availability.',
            now,
          ),
      progress(step, name, broken, ready, now),
    ],
  }
}

function progress(step: RolloutStep, name: string, broken: string | undefined, ready: boolean, now: string) {
  if (step === 'ended' && broken !== undefined) {
    const message = `Image "${broken}" can't be pulled: the demo starts no image with the tag "broken".`
    return condition('Progressing', false, 'ProgressDeadlineExceeded', message, now)
  }
  return ready
    ? condition('Progressing', true, 'NewReplicaSetAvailable', `Deployment "${name}" has successfully progressed.`, now)
    : condition('Progressing', true, 'ReplicaSetUpdated', `Deployment "${name}" is progressing.`, now)
}

function condition(type: string, holds: boolean, reason: string, message: string, now: string): JsonObject {
  return { type, status: holds ? 'True' : 'False', reason, message, lastUpdateTime: now, lastTransitionTime: now }
}
