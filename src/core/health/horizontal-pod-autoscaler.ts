import { isArray, isObject, type Json, type LiveObject, textAt } from '../model/object.ts'
import { because, conditionIn, degraded, type HealthRule, healthy, statusConditions } from './status.ts'

/** Where `autoscaling/v1` keeps its conditions (k8s.io/api autoscaling/annotations.go). */
const v1Conditions = 'autoscaling.alpha.kubernetes.io/conditions'

/**
 * Healthy from the start: its controller looks at it every 15 s only, which would hold up each sync. Degraded when it can't scale its target (which may be missing or named
 * wrongly) or when its selector is unusable. Argo CD (gitops-engine pkg/health/health_hpa.go) also calls one without
 * metrics degraded, but metrics of new pods take a minute, and a cluster without them would fail every sync; Flux
 * (kstatus) doesn't wait for the kind at all.
 */
export const horizontalPodAutoscaler: HealthRule = (object) => {
  const conditions = conditionsOf(object)
  if (conditions === undefined) return healthy('not looked at by its controller yet')
  const able = conditionIn(conditions, 'AbleToScale')
  if (able?.status === 'False' && /^Failed(Get|Update)Scale$/.test(able.reason ?? '')) {
    return degraded(`can't scale its target: ${because(able)}`)
  }
  const active = conditionIn(conditions, 'ScalingActive')
  if (active?.status !== 'False' || active.reason === 'ScalingDisabled') return healthy()
  return active.reason === 'InvalidSelector' ? degraded(because(active)) : healthy(`does not scale: ${because(active)}`)
}

function conditionsOf(object: LiveObject): Json | undefined {
  const annotation = textAt(object, 'metadata', 'annotations', v1Conditions)
  const found = annotation === undefined ? statusConditions(object) : read(annotation)
  return isArray(found) && found.some(isObject) ? found : undefined
}

function read(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
