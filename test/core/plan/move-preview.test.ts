import { expect, it } from 'vitest'
import type { KubeObject } from '../../../src/core/model/object.ts'
import { withAllocated, withoutAllocated } from '../../../src/core/plan/move-preview.ts'

const service = (spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { ...spec },
})
const desired = service({
  clusterIP: '10.0.0.9',
  healthCheckNodePort: 31000,
  ports: [
    { port: 80, nodePort: 30080 },
    { port: 53, protocol: 'UDP', nodePort: 30053 },
  ],
})

it('asks for a Service without what is taken, and only without that', () => {
  expect(withoutAllocated(desired, new Set(['30080', '10.0.0.9'])).spec).toEqual({
    healthCheckNodePort: 31000,
    ports: [{ port: 80 }, { port: 53, protocol: 'UDP', nodePort: 30053 }],
  })
})

it('puts back what the manifest says, whatever the server gave, at its own port', () => {
  const predicted = service({
    clusterIP: '10.0.0.77',
    sessionAffinity: 'None',
    ports: [
      { port: 53, protocol: 'UDP', nodePort: 32001 },
      { port: 80, protocol: 'TCP', nodePort: 32002 },
    ],
  })
  expect(withAllocated(predicted, desired).spec).toEqual({
    clusterIP: '10.0.0.9',
    healthCheckNodePort: 31000,
    sessionAffinity: 'None',
    ports: [
      { port: 53, protocol: 'UDP', nodePort: 30053 },
      { port: 80, protocol: 'TCP', nodePort: 30080 },
    ],
  })
})
