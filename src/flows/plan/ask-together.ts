import pLimit from 'p-limit'
import { sameJson } from '../../core/diff/fields.ts'
import { scrub } from '../../core/diff/scrub.ts'
import type { FieldRule } from '../../core/model/app.ts'
import type { Problem } from '../../core/model/errors.ts'
import { at, type KubeObject, type LiveObject } from '../../core/model/object.ts'
import { describeReference, identityOf, referenceOf } from '../../core/model/reference.ts'
import type { LeftoverFacts, ObjectFacts } from '../../core/plan/facts.ts'
import { makesOf, type PodFinding, templatePath } from '../../core/plan/pods.ts'
import { scrubProblem } from '../../core/plan/scrubbed.ts'
import { consequencesOf } from './ask-consequences.ts'
import { askPods } from './ask-pods.ts'
import { askQuota } from './ask-quota.ts'
import type { Inquiry } from './gather.ts'

/** Objects whose consequences are read at a time. */
const parallel = 4

/** What is known once the objects of an app were asked about one by one. */
type Asked = { readonly objects: readonly ObjectFacts[]; readonly leftovers: readonly LeftoverFacts[] }

/**
 * Asks what no single dry run tells: would the pods be let in, is there quota for all of it, what goes with what is
 * deleted. Only about what this commit changes.
 */
export async function askTogether(
  inquiry: Inquiry,
  asked: Asked,
): Promise<Asked & { readonly problems: readonly Problem[]; readonly notes: readonly string[] }> {
  const { cluster } = inquiry
  const notes: string[] = []
  const accepted = asked.objects.flatMap((facts) =>
    facts.touched && facts.answer.by === 'server' ? [{ facts, ...facts.answer }] : [],
  )
  const planned = accepted.map(({ facts: { live, manifest }, predicted: after }) => ({
    ...(live ? { before: live } : {}),
    after,
    source: manifest.source,
  }))
  const workloads = accepted
    .filter(({ facts, predicted }) => hasNewPods(facts.live, predicted))
    .map(({ facts, predicted: object, warnings }) => ({ manifest: facts.manifest, object, warnings }))
  const makes = makesOf(asked.objects.filter((facts) => !facts.live).map((facts) => facts.desired))
  const [findings, exceeded, objects, leftovers] = await Promise.all([
    askPods(cluster, workloads, makes),
    askQuota(cluster, planned, (text) => void notes.push(text)),
    withConsequences(inquiry, asked.objects, (facts) =>
      facts.touched && facts.answer.by === 'refusal' && facts.answer.immutable ? facts.live : undefined,
    ),
    withConsequences(inquiry, asked.leftovers, (facts) => facts.live),
  ])
  const desired = new Map(accepted.map(({ facts }) => [nameOf(facts)[0], facts.desired]))
  const relabelled = relabelledNamespaces(asked.objects)
  const pods = findings
    .map((each) => clean(each, desired.get(each.object), inquiry.app.sensitive))
    .map((each) => softened(each, desired.get(each.object), relabelled))
  const warned = Map.groupBy(
    pods.filter((each) => each.level === 'warning'),
    (each) => each.object,
  )
  const names = new Map(accepted.map(({ facts }) => nameOf(facts)))
  notes.push(...pods.flatMap((each) => (each.level === 'remark' ? [`${names.get(each.object)}: ${each.text}`] : [])))
  const refused = new Set(pods.flatMap((each) => (each.level === 'error' ? [each.object] : [])))
  return {
    objects: objects.map((each) => {
      const facts = refused.has(nameOf(each)[0]) ? withoutPodWarnings(each) : each
      const warnings = warned.get(identityOf(referenceOf(facts.manifest.object)))?.map((each) => each.text)
      return warnings ? { ...facts, warnings } : facts
    }),
    leftovers,
    problems: [...pods.flatMap((each) => (each.level === 'error' ? [each.problem] : [])), ...exceeded],
    notes,
  }
}

/** Namespaces whose Pod Security this commit changes: the dry run of a pod knows them as they are now. */
function relabelledNamespaces(objects: readonly ObjectFacts[]): ReadonlySet<string> {
  const security = (object: KubeObject | undefined) =>
    Object.entries(object?.metadata.labels ?? {}).filter(([name]) => name.startsWith('pod-security.kubernetes.io/'))
  return new Set(
    objects
      .filter(({ desired }) => desired.kind === 'Namespace' && desired.apiVersion === 'v1')
      .filter(
        ({ desired, live }) =>
          live && !sameJson(Object.fromEntries(security(desired)), Object.fromEntries(security(live))),
      )
      .map(({ desired }) => desired.metadata.name),
  )
}

function softened(finding: PodFinding, object: KubeObject | undefined, relabelled: ReadonlySet<string>): PodFinding {
  const { namespace = '' } = object?.metadata ?? {}
  if (finding.level !== 'error' || !relabelled.has(namespace) || !/PodSecurity/.test(finding.problem.message))
    return finding
  const { object: about, source, problem } = finding
  const text = `${problem.message} (this commit changes the Pod Security of namespace ${namespace}: how it judges then is not known)`
  return { object: about, source, level: 'warning', text }
}

/** That the pods would be refused says more than the warning of their workload. */
function withoutPodWarnings(facts: ObjectFacts): ObjectFacts {
  const { answer } = facts
  if (answer.by !== 'server') return facts
  return {
    ...facts,
    answer: { ...answer, warnings: answer.warnings.filter((each) => !/^would violate PodSecurity/.test(each)) },
  }
}

function clean(finding: PodFinding, object: KubeObject | undefined, rules: readonly FieldRule[]): PodFinding {
  if (!object) return finding
  if (finding.level === 'error') return { ...finding, problem: scrubProblem(finding.problem, [object], rules) }
  return { ...finding, text: scrub(finding.text, [object], rules) }
}

function nameOf({ manifest }: ObjectFacts): readonly [string, string] {
  const reference = referenceOf(manifest.object)
  return [identityOf(reference), describeReference(reference)]
}

/** A workload that is new, or whose template another one replaces. */
function hasNewPods(live: LiveObject | undefined, predicted: LiveObject): boolean {
  const path = templatePath(predicted)
  return path !== undefined && (live === undefined || !sameJson(at(live, ...path), at(predicted, ...path)))
}

/** The facts of those that are deleted, with what goes with them. */
function withConsequences<T extends ObjectFacts | LeftoverFacts>(
  inquiry: Inquiry,
  list: readonly T[],
  deleted: (facts: T) => LiveObject | undefined,
): Promise<readonly T[]> {
  const limit = pLimit(parallel)
  return Promise.all(
    list.map(async (facts) => {
      const live = deleted(facts)
      const consequences = live ? await limit(() => consequencesOf(inquiry.cluster, live)) : []
      return consequences.length > 0 ? { ...facts, consequences } : facts
    }),
  )
}
