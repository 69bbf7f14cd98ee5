// Stories that a person can read: each leaves what was in the repository, what happened on the cluster, what a pull
// request changed and what Drydock said in `<name>.md` beside this file. They need a real API server with controllers.
//
// Told elsewhere: an app whose namespace another app of the merge makes (../two-apps.test.ts), outdated plans
// (../stale-plan.test.ts), kube-prometheus planned again after its sync (../kube-prometheus.test.ts), forks, conflicts
// and broken files (../pull-request.test.ts), attacks on the renderer (../attacks.test.ts).
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { JsonObject } from '../../../src/core/model/object.ts'
import { realCluster } from '../../support/harbour.ts'
import { configMap, workload } from './files.ts'
import { begin, changedLines, openPort, type Port, type Review, type Story } from './story.ts'

vi.setConfig({ testTimeout: 120_000 })

const deployments = 'apps/v1/deployments'

const settings = (data: string, meta = '') => configMap('settings', data, meta)

describe.skipIf(!realCluster)(
  `three sides${realCluster ? '' : ' (skipped, because DRYDOCK_TEST_KUBECONFIG is not set)'}`,
  () => {
    let port: Port
    beforeAll(async () => {
      port = await openPort()
    })
    afterAll(() => port.close())
    afterEach(() => {
      expect(port.harbour.emulator.violations).toEqual([])
    })

    test('what the pull request changes and what drifted before are told apart, defaults and spellings are neither', async () => {
      const story = await begin(port, { title: 'A new image, while two workloads were scaled by hand' })
      const limits = (cpu: string, memory: string) =>
        `          resources: { limits: { cpu: ${cpu}, memory: ${memory} } }\n`
      await story.begin({
        'app/web.yaml': workload('web', {
          container: `          ports: [{ containerPort: 8080 }]\n${limits('1000m', '1Gi')}`,
        }),
        'app/worker.yaml': workload('worker'),
      })
      await story.meanwhile('Carol scales `web` to 2 and `worker` to 3 with kubectl edit.', async () => {
        await port.raw.edit(story.path(deployments, 'web'), { spec: { replicas: 2 } })
        await port.raw.edit(story.path(deployments, 'worker'), { spec: { replicas: 3 } })
      })
      const review = await story.propose('Ship web 3.10, and spell some values otherwise', {
        'app/web.yaml': workload('web', {
          image: 'registry.k8s.io/pause:3.10',
          container: `          ports: [{ containerPort: 8080, protocol: TCP }]\n${limits('1', '1024Mi')}`,
        }),
      })
      expect(review.conclusion).toBe('success')
      const [changes = '', drift = ''] = review.comment.split('Already drifted')
      expect(changes).toContain('image 3.9 → 3.10')
      expect(changes).not.toMatch(/replicas|worker/)
      expect(changedLines(review.comment)).toEqual([
        '- image: registry.k8s.io/pause:3.9',
        '+ image: registry.k8s.io/pause:3.10',
      ])
      expect(drift).toMatch(/`\S+\/web`.*its sync restores it/)
      expect(drift).toMatch(/`\S+\/worker`.*a sync keeps it/)
      expect(drift).not.toContain('image')
      expect(await story.merge(review, { drift: 1 })).toEqual([
        'Deployment web /spec/replicas: 2 → 0',
        'Deployment web /spec/template/spec/containers/web/image: "registry.k8s.io/pause:3.9" → "registry.k8s.io/pause:3.10"',
      ])
      await story.golden('three-sides')
    })

    test('a branch that is behind changes only what it says, and takes back nothing that main has newer', async () => {
      const story = await begin(port, { title: 'A stale branch' })
      await story.begin({ 'app/settings.yaml': settings('  theme: light\n'), 'app/web.yaml': workload('web') })
      const dark = { 'app/settings.yaml': settings('  theme: dark\n') }
      await story.repository.commit('stale', dark, 'Dark', 'alice')
      await story.push('Main moves on, after the branch began', {
        'app/web.yaml': workload('web', { image: 'registry.k8s.io/pause:3.10' }),
      })
      const review = await story.propose('Go dark', dark, { branch: 'stale' })
      expect(review.comment).toContain('1 to update')
      expect(review.comment).not.toContain('pause')
      expect(await story.merge(review)).toEqual(['ConfigMap settings /data/theme: "light" → "dark"'])
      await story.golden('stale-branch')
    })

    test('what others added is drift of its own, kept by default', async () => {
      const story = await begin(port, { title: 'Edits by hand: a sidecar, a renamed key' })
      const review = await editedByHand(port, story)
      const [changes = '', drift = ''] = review.comment.split('Already drifted')
      expect(changes).toContain('image 3.9 → 3.10')
      expect(changes).not.toMatch(/debugger|color|tier|hash/)
      expect(drift).toMatch(/debugger/)
      expect(drift).toMatch(/colour/)
      expect(drift).toMatch(/color\b/)
      // Programs that nobody named are taken for controllers, which mean what they do.
      expect(drift).not.toMatch(/tier|hash/)
      // What a person put beside ours may be anything.
      expect(review.comment).not.toContain('navy')
      expect(await story.merge(review, { drift: 2 })).toEqual([
        'Deployment web /spec/template/spec/containers/web/image: "registry.k8s.io/pause:3.9" → "registry.k8s.io/pause:3.10"',
      ])
      await story.golden('added-by-hand-kept')
    })

    test('what others added is taken away where the app heals itself, a controller’s doing stays', async () => {
      const more = '    sync: { selfHeal: true }\n    managers: ["cost-*"]\n'
      const story = await begin(port, { title: 'Edits by hand, healed', more })
      const review = await editedByHand(port, story)
      const [changes = '', drift = ''] = review.comment.split('Already drifted')
      expect(changes).not.toMatch(/debugger|color|tier|hash/)
      expect(drift).toMatch(/debugger/)
      expect(drift).toMatch(/tier.*added by cost-optimizer/)
      expect(drift).not.toMatch(/hash|keeps it/)
      const changed = await story.merge(review)
      expect(changed.map((each) => each.replace(/: \{.*\} → /, ': … → '))).toEqual([
        'ConfigMap settings /data/color: "navy" → absent',
        'ConfigMap settings /data/colour: absent → "blue"',
        'ConfigMap settings /data/tier: "gold" → absent',
        'Deployment web /spec/template/spec/containers/debugger: … → absent',
        'Deployment web /spec/template/spec/containers/web/image: "registry.k8s.io/pause:3.9" → "registry.k8s.io/pause:3.10"',
      ])
      await story.golden('added-by-hand-healed')
    })

    test('a field that somebody else holds is taken over in the open, with their name and the time', async () => {
      const story = await begin(port, { title: 'A take-over' })
      await story.begin({ 'app/settings.yaml': settings('  size: small\n') })
      await story.meanwhile('Two days ago, Carol made the size large with kubectl edit.', async () => {
        await port.raw.edit(story.path('configmaps', 'settings'), { data: { size: 'large' } })
        await port.raw.age(story.path('configmaps', 'settings'), 'kubectl-edit', 2)
      })
      const review = await story.propose('Make it huge', { 'app/settings.yaml': settings('  size: huge\n') })
      expect(review.comment).toContain('size: was set by kubectl-edit, 2 days ago')
      expect(await story.merge(review)).toEqual(['ConfigMap settings /data/size: "large" → "huge"'])
      await story.golden('take-over')
    })

    test('ignored fields are nobody’s change and nobody’s drift, by rule and by annotation, also when we alone own them', async () => {
      const story = await begin(port, {
        title: 'Fields that are left to others',
        more: '    ignore: [{ group: apps, kind: Deployment, jsonPointers: [/spec/replicas] }]\n',
      })
      const ignoring = '  annotations: { drydock.dev/ignore: /data/theme }\n'
      const one = 1
      await story.begin({
        'app/web.yaml': workload('web', { replicas: one }),
        'app/worker.yaml': workload('worker'),
        'app/settings.yaml': settings('  size: small\n  theme: light\n', ignoring),
      })
      const web = story.path(deployments, 'web')
      await story.meanwhile('Carol scales `worker` to 2 and makes the theme dark.', async () => {
        await port.raw.edit(`${story.path(deployments, 'worker')}/scale`, { spec: { replicas: 2 } }, 'kubectl')
        await port.raw.edit(story.path('configmaps', 'settings'), { data: { theme: 'dark' } })
      })
      await story.meanwhile(
        '`web` is scaled from 1 to 3 by something that leaves no trace: we alone own its replicas.',
        async () => {
          const managedFields = (await port.raw.get(web))?.metadata.managedFields ?? []
          await port.raw.edit(web, { spec: { replicas: 3 } })
          await port.raw.edit(web, [
            { op: 'replace', path: '/metadata/managedFields', value: managedFields as unknown as JsonObject[] },
          ])
          const entries = (await port.raw.get(web))?.metadata.managedFields ?? []
          expect(
            entries
              .filter((each) => !each.subresource && JSON.stringify(each).includes('f:replicas":{}'))
              .map((each) => each.manager),
          ).toEqual(['drydock'])
        },
      )
      const review = await story.propose('Ship 3.10 of both, and a new size', {
        'app/web.yaml': workload('web', { replicas: one, image: 'registry.k8s.io/pause:3.10' }),
        'app/worker.yaml': workload('worker', { image: 'registry.k8s.io/pause:3.10' }),
        'app/settings.yaml': settings('  size: large\n  theme: light\n', ignoring),
      })
      expect(review.comment).toContain('3 to update')
      expect(review.comment).not.toMatch(/^[-+] .*(replicas|theme)/m)
      expect(review.comment).not.toMatch(/drifted|replicas \d/)
      expect(await story.merge(review)).toEqual([
        'ConfigMap settings /data/size: "small" → "large"',
        'Deployment web /spec/template/spec/containers/web/image: "registry.k8s.io/pause:3.9" → "registry.k8s.io/pause:3.10"',
        'Deployment worker /spec/template/spec/containers/worker/image: "registry.k8s.io/pause:3.9" → "registry.k8s.io/pause:3.10"',
      ])
      await story.golden('ignored')
    })

    test('replicas that an autoscaler sets get a hint to leave them to it, and are left to it', async () => {
      const story = await begin(port, { title: 'An autoscaler, and a manifest that says replicas' })
      const image = 'registry.k8s.io/pause:3.10'
      await story.begin({
        'app/autoscaler.yaml': `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: web
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  minReplicas: 1
  maxReplicas: 5
`,
        'app/web.yaml': workload('web', { replicas: 1 }),
      })
      const scale = (replicas: number) =>
        port.raw.edit(`${story.path(deployments, 'web')}/scale`, { spec: { replicas } }, 'kube-controller-manager')
      await story.meanwhile('The autoscaler sets 2 replicas.', () => scale(2))
      const review = await story.propose('Ship web 3.10', { 'app/web.yaml': workload('web', { replicas: 1, image }) })
      expect(review.comment).toMatch(/Deployment \S+\/web says replicas, which an autoscaler sets too/)
      expect(review.comment).toContain('jsonPointers')
      const [changes = '', drift = ''] = review.comment.split('Already drifted')
      expect(changedLines(changes).join()).not.toContain('replicas')
      expect(drift).toMatch(/set by kube-controller-manager/)
      expect(await story.merge(review)).toEqual([
        'Deployment web /spec/replicas: 2 → 1',
        'Deployment web /spec/template/spec/containers/web/image: "registry.k8s.io/pause:3.9" → "registry.k8s.io/pause:3.10"',
      ])
      await story.meanwhile('The autoscaler sets 2 replicas again.', () => scale(2))
      const advised = { 'app/web.yaml': workload('web', { replicas: null, image }) }
      const left = await story.propose('Leave replicas to the autoscaler', advised)
      expect(left.comment).toMatch(/^✅ No changes in 1 app: 2 objects stay as they are/)
      expect(await story.merge(left)).toEqual([])
      await story.golden('autoscaled')
    })

    test('the example repository, synced, has nothing left to do', async () => {
      const story = await begin(port, { title: 'The example', namespace: 'none' })
      const spaces = new Map(['shop', 'guestbook', 'api'].map((plain) => [plain, story.name(plain)]))
      for (const name of spaces.values()) port.left.push(`/api/v1/namespaces/${name}`)
      const root = fileURLToPath(new URL('../../../examples/gitops', import.meta.url))
      const entries = await readdir(root, { recursive: true, withFileTypes: true })
      const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
      const files = Object.fromEntries(
        await Promise.all(
          paths.map(async (path) => {
            const text = (await readFile(path, 'utf8')).replace(
              /^(\s*namespace:|kind: Namespace\nmetadata:\n {2}name:) (\w+)$/gm,
              (all, key, name) => (spaces.has(name) ? `${key} ${spaces.get(name)}` : all),
            )
            return [path.slice(root.length + 1), text] as const
          }),
        ),
      )
      const all = await story.propose('Begin with the example', files)
      expect(all.conclusion).toBe('success')
      expect(all.comment).toMatch(/^### ✅ \d+ to create in 3 apps/)
      await story.repository.mergePullRequest(all.number, { by: 'bob' })
      expect(await port.harbour.synced(story.repository, all.number)).toContain('### ✅ Synced 3 apps')
      const touched = Object.entries(files).filter(([path]) => /(guestbook|base\/deployment|values)\.yaml$/.test(path))
      const again = await story.propose(
        'Only comments',
        Object.fromEntries(touched.map(([path, text]) => [path, `${text}# Only a comment.\n`])),
      )
      expect(again.conclusion).toBe('success')
      expect(again.comment).toMatch(/^✅ No changes in 3 apps: \d+ objects stay as they are/)
      await story.close(again)
    })

    test('a label on 14 objects is one line', async () => {
      const story = await begin(port, { title: 'One label on 14 objects' })
      const maps = (label: string) =>
        Array.from({ length: 14 }, (_, index) => String(index + 1).padStart(2, '0'))
          .map((index) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: shelf-${index}${label} }\n`)
          .join('---\n')
      await story.begin({ 'app/shelves.yaml': maps('') })
      const review = await story.propose('Say whose shelves these are', {
        'app/shelves.yaml': maps(', labels: { team: books }'),
      })
      expect(review.comment.match(/^- \*\*update\*\*/gm)).toHaveLength(1)
      expect(review.comment).toMatch(/\*\*update\*\* 14 objects: .*team/)
      const changed = await story.merge(review)
      expect(changed).toHaveLength(14)
      expect(changed.every((each) => / \/metadata\/labels\/team: absent → "books"$/.test(each))).toBe(true)
      await story.golden('one-label')
    })
  },
)

/** Two objects that several hands have changed, and a pull request for one of them. */
async function editedByHand(port: Port, story: Story): Promise<Review> {
  const container = '          env: [{ name: LEVEL, value: info }]\n'
  await story.begin({
    'app/web.yaml': workload('web', { container }),
    'app/settings.yaml': settings('  colour: blue\n  size: large\n'),
  })
  const [web, map] = [story.path(deployments, 'web'), story.path('configmaps', 'settings')]
  await story.meanwhile(
    'With kubectl edit, Carol adds a sidecar `debugger` to `web` and renames `colour` to `color`, with another value.',
    async () => {
      const value = { name: 'debugger', image: 'registry.k8s.io/pause:3.9' }
      await port.raw.edit(web, [{ op: 'add', path: '/spec/template/spec/containers/-', value }])
      await port.raw.edit(map, { data: { colour: null, color: 'navy' } })
    },
  )
  await story.meanwhile('A program `cost-optimizer` adds a key `tier`, and an operator a key `hash`.', async () => {
    await port.raw.edit(map, { data: { tier: 'gold' } }, 'cost-optimizer')
    await port.raw.edit(map, { data: { hash: 'f00d' } }, 'operator')
  })
  const image = 'registry.k8s.io/pause:3.10'
  return story.propose('Ship web 3.10', { 'app/web.yaml': workload('web', { image, container }) })
}
