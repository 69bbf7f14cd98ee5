import { expect, it } from 'vitest'
import { readManifests } from '../../../src/core/manifests/read.ts'

const job = (metadata: string, rest = ''): string => `apiVersion: batch/v1\nkind: Job\nmetadata: {${metadata}}\n${rest}`
const read = (text: string) => readManifests([{ path: 'app/a.yaml', text, exact: true }])
const metadataOf = (text: string) => {
  const { manifests, problems } = read(text)
  expect(problems).toEqual([])
  return manifests[0]?.object.metadata
}

const argo = 'annotations: {argocd.argoproj.io/hook: PreSync}'

it.each([argo, 'annotations: {drydock.dev/hook: post-sync}', 'annotations: {helm.sh/hook: "pre-install,pre-upgrade"}'])(
  'a hook with generateName gets a name: %s',
  (annotations) => {
    const metadata = metadataOf(job(`generateName: migrate-, ${annotations}`))
    expect(metadata?.name).toMatch(/^migrate-[0-9a-f]{8}$/)
    expect(metadata).not.toHaveProperty('generateName')
  },
)

it('which is the same for the same manifest, whatever its spelling and status', () => {
  const spec = 'spec: {backoffLimit: 1, suspend: false}'
  const name = metadataOf(job(`generateName: a-, ${argo}`, spec))?.name
  const turned = `${spec}\nstatus: {active: 1}\nmetadata: {${argo}, generateName: a-}\nkind: Job\napiVersion: batch/v1\n`
  expect(metadataOf(turned)?.name).toBe(name)
  expect(metadataOf(job(`generateName: a-, name: "", ${argo}`, spec))?.name).not.toBeUndefined()
  expect(metadataOf(job(`generateName: a-, ${argo}`, 'spec: {backoffLimit: 2, suspend: false}'))?.name).not.toBe(name)
  expect(metadataOf(job(`generateName: b-, ${argo}`, spec))?.name).not.toBe(name?.replace('a-', 'b-'))
})

it('and has at most 63 characters, as the label of its pods', () => {
  const name = metadataOf(job(`generateName: ${'x'.repeat(80)}-, ${argo}`))?.name
  expect(name).toMatch(/^x{55}[0-9a-f]{8}$/)
})

it.each([
  ['no hook', 'generateName: a-'],
  ['a skipped one', 'generateName: a-, annotations: {argocd.argoproj.io/hook: Skip}'],
  ['a hook that has a name too', `generateName: a-, name: b, ${argo}`],
  ['annotations that are no map', 'generateName: a-, annotations: hook'],
])('anything else must not use it: %s', (_what, metadata) => {
  const { manifests, problems } = read(job(metadata))
  expect(manifests).toEqual([])
  expect(problems[0]).toMatchObject({ code: 'manifest-invalid' })
  expect(problems[0]?.message).toContain('generateName, which only hooks may')
})

it.each([
  ['a number', `generateName: 1, ${argo}`],
  ['a path', `generateName: ../a, ${argo}`],
])('a prefix that is %s is refused', (_what, metadata) => {
  expect(read(job(metadata)).problems).toHaveLength(1)
})
