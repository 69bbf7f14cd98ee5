import { type LiveObject, textAt } from '../model/object.ts'
import { describeReference, type ObjectReference } from '../model/reference.ts'
import { currentPods, currentReplicaSet, pastPods } from './own-pods.ts'
import { type Trouble, troublesOf } from './troubles.ts'

/** What is known around an object that isn't healthy. */
export type Surroundings = {
  readonly pods: readonly LiveObject[]
  readonly replicaSets: readonly LiveObject[]
  /** ISO 8601: when this sync began. */
  readonly since?: string | undefined
}

/** Foreign texts are cut off after this many characters. */
const maxText = 300

/** So many events are told at most. */
const maxEvents = 2

/** Clocks of the cluster and of Drydock may differ by this, in ms. */
const skewMs = 60_000

/** What is wrong with an object's pods of its present revision, the worst first. */
export function podTroubles(object: LiveObject, around: Surroundings): readonly Trouble[] {
  return troublesOf(object, currentPods(object, around.pods, around.replicaSets), around.since)
}

/** For a line of progress: `container web: CrashLoopBackOff`. Nothing for a pod that is merely starting. */
export function briefly(troubles: readonly Trouble[]): string | undefined {
  const [worst] = troubles
  if (!worst || worst.rank > 3) return undefined
  const reason = worst.ended && worst.reason === 'ended' ? `ended with ${worst.ended}` : worst.reason
  return worst.container ? `container ${worst.container}: ${reason}` : `pod ${reason}`
}

/**
 * Why an object isn't healthy, as a person would look for it: the worst container with its reason, its last end and its
 * restarts, then the newest warnings about its pod, its ReplicaSet and itself that say something new. Sentences; empty
 * where nothing more is known.
 *
 * @param said what the reader has been told already
 */
export function causeOf(object: LiveObject, around: Surroundings, events: readonly LiveObject[], said: string): string {
  const [present] = podTroubles(object, around)
  const [past] = troublesOf(object, pastPods(object, around.pods), undefined)
  const worst = present ?? past
  const which = present ? '' : 'Of the revision before, and replaced only once it is deleted: '
  const sentences = worst ? [`${which}${describeTrouble(worst)}`] : []
  const replicaSet = currentReplicaSet(object, around.replicaSets)
  const about = new Set([object.metadata.uid, replicaSet?.metadata.uid, worst?.pod.metadata.uid])
  const own = events.filter((event) => about.has(textAt(event, 'involvedObject', 'uid')))
  return [...sentences, ...warnings(own, [said, ...sentences].join(' '), around.since)].join(' ')
}

/** What to do next about an object that isn't healthy. */
export function lookAt(reference: ObjectReference, worst: Trouble | undefined): string {
  const inside = reference.namespace ? ` -n ${reference.namespace}` : ''
  if (worst?.container && (worst.ended || worst.reason === 'CrashLoopBackOff')) {
    const previous = worst.reason === 'ended' ? '' : ' --previous'
    return `Look at its log: kubectl logs ${worst.pod.metadata.name} -c ${worst.container}${inside}${previous}.`
  }
  const named = worst ? `pod ${worst.pod.metadata.name}` : `${reference.kind.toLowerCase()} ${reference.name}`
  return `Look at it: kubectl describe ${named}${inside}.`
}

/** `Deployment shop/web: 1 of 3 ready` */
export function describeHealth(reference: ObjectReference, message: string): string {
  return `${describeReference(reference)}: ${bounded(message)}`
}

/** With a full stop, where there is none. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}

function describeTrouble(trouble: Trouble): string {
  const { pod, container, reason, message, ended, restarts } = trouble
  const where = `Pod ${pod.metadata.name}${container ? `, container ${container}` : ''}`
  const first = reason === 'ended' ? `ended with ${ended}` : `${reason}${message ? `: ${bounded(message)}` : ''}`
  const more = [
    ended && reason !== 'ended' ? `ended last with ${bounded(ended)}` : undefined,
    restarts > 0 ? `restarted ${restarts === 1 ? 'once' : `${restarts} times`}` : undefined,
  ]
  return sentence([`${where}: ${first}`, ...more].filter(Boolean).join('; '))
}

/** The newest warnings, without those that repeat each other or what was said. */
function warnings(events: readonly LiveObject[], said: string, since: string | undefined): readonly string[] {
  const from = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since) - skewMs
  const newest = events
    .filter((event) => textAt(event, 'type') === 'Warning' && timeOf(event) >= from && saysMore(event))
    .sort((one, other) => timeOf(other) - timeOf(one))
  const told: string[] = []
  let known = plain(said)
  for (const event of newest) {
    const message = textAt(event, 'message') ?? ''
    if (told.length === maxEvents) break
    if (known.includes(plain(message).replace(/^error creating: /, ''))) continue
    known += ` ${plain(message)}`
    told.push(sentence(`${textAt(event, 'reason') ?? 'Event'}: ${bounded(message)}`))
  }
  return told
}

/** `BackOff` and `Error: ImagePullBackOff` only say again what the container's state says. */
function saysMore(event: LiveObject): boolean {
  return textAt(event, 'reason') !== 'BackOff' && !/^Error: \w+$/.test(textAt(event, 'message') ?? '')
}

function timeOf(event: LiveObject): number {
  const times = [
    textAt(event, 'lastTimestamp'),
    textAt(event, 'eventTime'),
    textAt(event, 'series', 'lastObservedTime'),
    textAt(event, 'metadata', 'creationTimestamp'),
  ]
  return Math.max(0, ...times.map((time) => Date.parse(time ?? '')).filter((time) => !Number.isNaN(time)))
}

/** For comparing: names of pods differ from one try to the next. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/"[^"]*"/g, '""')
    .trim()
}

function bounded(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > maxText ? `${line.slice(0, maxText - 1)}…` : line
}
