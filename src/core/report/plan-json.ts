import type { Change, Drift, FieldChange } from '../model/change.ts'
import type { Problem } from '../model/errors.ts'
import { stringifyJson } from '../model/json.ts'
import type { SourcePosition } from '../model/manifest.ts'
import type { JsonObject } from '../model/object.ts'
import { isArray, isObject, type Json } from '../model/object.ts'
import type { AppPlan, Plan, Verdict } from '../model/plan.ts'
import type { ObjectReference } from '../model/reference.ts'

/**
 * The plan as the JSON document that programs read: keys in a fixed order, two spaces, an absent side left out, integers
 * past 2^53 exact. Ends with a line end.
 */
export function planJson(plan: Plan): string {
  return `${stringifyJson(
    {
      apiVersion: plan.apiVersion,
      kind: plan.kind,
      head: plan.head,
      base: plan.base,
      digest: plan.digest,
      conclusion: plan.conclusion,
      apps: plan.apps.map(appJson),
      errors: plan.errors && plan.errors.length > 0 ? plan.errors.map(problemJson) : undefined,
      notes: plan.notes && plan.notes.length > 0 ? plan.notes : undefined,
    },
    2,
  )}\n`
}

function appJson(app: AppPlan): JsonObject {
  return {
    name: app.name,
    cluster: app.cluster,
    clusterUID: app.clusterUID,
    digest: app.digest,
    changes: app.changes.map(changeJson),
    unchanged: app.unchanged,
    drift: app.drift.map(driftJson),
    errors: app.errors.map(problemJson),
    policies: app.policies.map(verdictJson),
    notes: app.notes && app.notes.length > 0 ? app.notes : undefined,
  }
}

function changeJson(change: Change): JsonObject {
  return {
    action: change.action,
    ...referenceJson(change),
    source: sourceJson(change.source),
    summary: change.summary,
    fields: change.fields.map(fieldJson),
    preview: change.preview,
    previewReason: change.previewReason,
    risks: change.risks,
    accepted: change.accepted?.map(({ risk, by }) => ({ risk, by })),
    hook: change.hook ? { phases: change.hook.phases } : undefined,
    wave: change.wave,
    first: change.first,
    from: change.from,
    warnings: change.warnings && change.warnings.length > 0 ? change.warnings : undefined,
    consequences: change.consequences && change.consequences.length > 0 ? change.consequences : undefined,
    hunks: change.hunks,
  }
}

function driftJson(drift: Drift): JsonObject {
  return {
    ...referenceJson(drift),
    source: sourceJson(drift.source),
    fields: drift.fields.map(fieldJson),
    managers: drift.managers,
    onSync: drift.onSync,
    missing: drift.missing,
  }
}

function fieldJson(field: FieldChange): JsonObject {
  return {
    path: field.path,
    before: field.before === undefined ? undefined : sorted(field.before),
    after: field.after === undefined ? undefined : sorted(field.after),
    takenFrom: field.takenFrom,
    takenAt: field.takenAt,
  }
}

function problemJson(problem: Problem): JsonObject {
  return { code: problem.code, message: problem.message, source: sourceJson(problem.source), hint: problem.hint }
}

function verdictJson(verdict: Verdict): JsonObject {
  return {
    policy: verdict.policy,
    severity: verdict.severity,
    object: verdict.object ? referenceJson(verdict.object) : undefined,
    message: verdict.message,
    source: sourceJson(verdict.source),
  }
}

function referenceJson(reference: ObjectReference): JsonObject {
  const { apiVersion, kind, namespace, name } = reference
  return { apiVersion, kind, namespace, name }
}

function sourceJson(source: SourcePosition | undefined): JsonObject | undefined {
  return source ? { path: source.path, line: source.line } : undefined
}

/** The same value with the keys of every object in order, so that equal values have equal texts. */
function sorted(json: Json): Json {
  if (isArray(json)) return json.map(sorted)
  if (!isObject(json)) return json
  const entries = Object.entries(json).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, item === undefined ? undefined : sorted(item)]))
}
