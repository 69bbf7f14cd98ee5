import { at, type LiveObject } from '../../src/core/model/object.ts'
import type { ControlPlane } from '../adapters/kubernetes/control-plane.ts'

/** Lets the containers of pods labelled `simulate: fail` exit with 3, as a kubelet would tell it; until it is aborted. */
export function failPods(plane: ControlPlane, namespace: string): AbortController {
  const end = new AbortController()
  const path = `/api/v1/namespaces/${namespace}/pods`
  const failed = (pod: LiveObject) =>
    plane.raw(
      'PATCH',
      `${path}/${pod.metadata.name}/status`,
      {
        status: {
          phase: 'Failed',
          containerStatuses: [
            {
              name: 'main',
              image: 'x',
              imageID: '',
              ready: false,
              restartCount: 0,
              state: { terminated: { exitCode: 3, reason: 'Error', message: 'table users exists already' } },
            },
          ],
        },
      },
      { contentType: 'application/strategic-merge-patch+json' },
    )
  const seen = (pod: LiveObject, gone: boolean) => {
    if (!gone && at(pod, 'status', 'phase') === 'Pending' && at(pod, 'spec', 'nodeName')) void failed(pod)
  }
  void plane.cluster.watch('v1', 'Pod', seen, { namespace, labelSelector: 'simulate=fail', signal: end.signal })
  return end
}
