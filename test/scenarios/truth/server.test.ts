import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { realCluster } from '../../support/harbour.ts'
import { admissionPolicy, cafe, configMap, type Demand, definition, namespaceOf, workload } from './files.ts'
import { begin, openPort, type Port, type Story } from './story.ts'

vi.setConfig({ testTimeout: 120_000 })

describe.skipIf(!realCluster)(
  `the server's word${realCluster ? '' : ' (skipped, because DRYDOCK_TEST_KUBECONFIG is not set)'}`,
  () => {
    let port: Port
    beforeAll(async () => {
      port = await openPort()
    })
    afterAll(() => port.close())
    afterEach(() => {
      expect(port.harbour.emulator.violations).toEqual([])
    })

    test('schema, admission policy and warnings are said at file and line', async () => {
      const story = await begin(port, { title: 'The API server reads along' })
      await story.begin({
        'app/settings.yaml': configMap('settings', '  theme: light\n', '  labels: { team: shop }\n'),
      })
      await story.meanwhile('A ValidatingAdmissionPolicy asks every ConfigMap for the label `team`.', () =>
        demand(
          port,
          story,
          'teams',
          {
            operations: ['CREATE', 'UPDATE'],
            expression: "has(object.metadata.labels) && 'team' in object.metadata.labels",
            message: 'every ConfigMap has to say whose it is: add the label team',
          },
          () => {
            const metadata = { name: 'any' }
            return port.raw.wouldRefuse(story.path('configmaps'), { apiVersion: 'v1', kind: 'ConfigMap', metadata })
          },
        ),
      )
      const old = { pod: '      nodeSelector: { beta.kubernetes.io/os: linux }\n' }
      const review = await story.propose('Add a cart and a search', {
        'app/cart.yaml': configMap('cart', '  currency: EUR\n'),
        'app/search.yaml': workload('search').replace('replicas:', 'replcas:'),
        'app/web.yaml': workload('web', old),
      })
      expect(review.conclusion).toBe('failure')
      expect(review.comment).toContain('2 errors')
      const at = (start: string) => review.annotations.find((each) => each.startsWith(start))
      expect(at('failure app/cart.yaml:1 ')).toContain('say whose it is')
      expect(at('failure app/search.yaml:6 ')).toContain('replcas')
      expect(at('warning app/web.yaml:')).toContain('kubernetes.io/os')
      const mended = await story.amend(review, 'Mend both', {
        'app/cart.yaml': configMap('cart', '  currency: EUR\n', '  labels: { team: shop }\n'),
        'app/search.yaml': workload('search'),
      })
      expect(mended.conclusion).toBe('success')
      expect(mended.comment).toContain('the API server warns:')
      expect(await story.merge(mended)).toEqual([
        'ConfigMap cart: created',
        'Deployment search: created',
        'Deployment web: created',
      ])
      await story.meanwhile('Another policy keeps the cart from being deleted.', () =>
        demand(
          port,
          story,
          'keeper',
          {
            operations: ['DELETE'],
            expression: "oldObject.metadata.name != 'cart'",
            message: 'the cart has to stay',
          },
          () => port.raw.wouldRefuse(story.path('configmaps', 'cart')),
        ),
      )
      const without = await story.propose('No cart', { 'app/cart.yaml': null })
      expect(without.conclusion).toBe('failure')
      expect(without.annotations).toHaveLength(1)
      expect(without.annotations[0]).toMatch(/^failure app\/cart.yaml:1 .*the cart has to stay/)
      await story.close(without)
      await story.golden('server-words')
    })

    test('pods are asked for too, and quota is summed over the plan', async () => {
      const story = await begin(port, {
        title: 'Pods that would never start',
        namespace: { 'pod-security.kubernetes.io/enforce': 'baseline' },
      })
      await story.begin({ 'app/settings.yaml': configMap('settings') })
      await story.meanwhile('The namespace has a quota of 2 CPUs.', async () => {
        const spec = { hard: { 'requests.cpu': '2' } }
        const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'fair-share' }, spec }
        await port.raw.create(story.path('resourcequotas'), quota)
        await vi.waitFor(async () => {
          expect((await port.raw.get(story.path('resourcequotas', 'fair-share')))?.status).toMatchObject({ used: {} })
        }, 20_000)
      })
      const cpu = (amount: string) => `          resources: { requests: { cpu: ${amount} } }\n`
      const agent = (pod: string) => ({ 'app/agent.yaml': workload('agent', { container: cpu('100m'), pod }) })
      const workloads = (replicas: number) => ({
        'app/search.yaml': workload('search', { replicas: replicas * 3, container: cpu('500m') }),
        'app/web.yaml': workload('web', { replicas, container: cpu('1') }),
      })
      const review = await story.propose('Three workloads', { ...agent('      hostNetwork: true\n'), ...workloads(1) })
      expect(review.conclusion).toBe('failure')
      // One finding for one cause: what the server warns of the workload is what it refuses of its pods.
      expect(review.annotations).toHaveLength(2)
      expect(review.annotations.find((each) => each.startsWith('failure app/agent.yaml:12 '))).toContain(
        'its pods would be refused',
      )
      expect(review.annotations.find((each) => each.startsWith('failure app/search.yaml:'))).toContain(
        'has 2 of 2 requests.cpu left; this plan needs 2500m more',
      )
      const mended = await story.amend(review, 'No host network, and no replicas yet', {
        ...agent(''),
        ...workloads(0),
      })
      expect(mended.conclusion).toBe('success')
      expect(mended.annotations).toEqual([])
      await story.merge(mended)
      await story.golden('pods-and-quota')
    })

    test('what the server can’t preview is planned by the commit’s own schema, and said so', async () => {
      const story = await begin(port, { title: 'A kind and a namespace that this commit makes' })
      const group = `${story.name('coffee')}.example.com`
      const terrace = story.name('terrace')
      port.left.push(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/cafes.${group}`)
      port.left.push(`/api/v1/namespaces/${terrace}`)
      story.lookAt(`apis/${group}/v1/namespaces/NS/cafes`)
      story.lookAt(`api/v1/namespaces/${terrace}/configmaps`)
      await story.begin({ 'app/settings.yaml': configMap('settings') })
      const review = await story.propose('Open a café', {
        'app/cafe.yaml': cafe(group, 'many'),
        'app/definition.yaml': definition(group),
        'app/menu.yaml': configMap('menu', '  today: soup\n', `  namespace: ${terrace}\n`),
        'app/terrace.yaml': namespaceOf(terrace),
      })
      expect(review.conclusion).toBe('failure')
      expect(review.annotations).toHaveLength(1)
      expect(review.annotations[0]).toMatch(/^failure app\/cafe.yaml:6 .*seats/)
      const mended = await story.amend(review, 'Count the seats', { 'app/cafe.yaml': cafe(group, '20') })
      expect(mended.conclusion).toBe('success')
      expect(mended.comment).toContain('4 to create')
      expect(
        mended.comment.match(/could not be previewed, because this commit creates its (kind|namespace)/g),
      ).toHaveLength(2)
      expect(mended.comment).toContain('+  size: small')
      expect(await story.merge(mended)).toEqual(['Cafe corner: created', 'ConfigMap menu: created'])
      const made = await port.raw.get(`/apis/${group}/v1/namespaces/${story.namespace}/cafes/corner`)
      expect(made?.spec).toEqual({ seats: 20, size: 'small' })
      await story.golden('not-previewed')
    })

    test('a namespace that nobody makes is an error, never "no change"', async () => {
      const story = await begin(port, { title: 'A namespace that is missing', namespace: 'none' })
      const review = await story.propose('Add settings', { 'app/settings.yaml': configMap('settings', '  a: b\n') })
      expect(review.conclusion).toBe('failure')
      expect(review.comment).not.toContain('No changes')
      expect(review.annotations[0]).toMatch(/^failure app\/settings.yaml:\d .*namespaces "shop" not found/)
      await story.golden('missing-namespace')
      await story.close(review)
    })

    test('an immutable field is a replacement, that somebody allows', async () => {
      const story = await begin(port, { title: 'Selectors can’t be changed' })
      const allowed = '  annotations: { drydock.dev/replace: allowed }\n'
      await story.begin({
        'app/web.yaml': workload('web'),
        'app/worker.yaml': workload('worker', { meta: allowed }),
      })
      const worker = { 'app/worker.yaml': workload('worker', { meta: allowed, labels: ', tier: back' }) }
      const review = await story.propose('Select by tier', {
        'app/web.yaml': workload('web', { labels: ', tier: front' }),
        ...worker,
      })
      expect(review.comment).toContain('2 to replace')
      expect(review.comment).toMatch(/Deployment `shop\/web` will be replaced/)
      expect(review.comment).not.toMatch(/Deployment `shop\/worker` will be replaced/)
      expect(await story.mergeInVain(review)).toContain('⏸')
      await story.golden('replace-held')

      const other = await begin(port, { title: 'A selector that may be changed' })
      await other.begin({ 'app/worker.yaml': workload('worker', { meta: allowed }) })
      const fine = await other.propose('Select by tier', worker)
      expect(fine.conclusion).toBe('success')
      expect(await other.merge(fine)).toEqual(['Deployment worker: replaced'])
      await other.golden('replace-allowed')
    })

    test('what kubectl apply left is adopted, with everything that Git doesn’t say', async () => {
      const story = await begin(port, { title: 'Adopting what kubectl applied' })
      await story.begin({ 'app/other.yaml': configMap('other') })
      await story.meanwhile('`settings` is there from `kubectl apply`, with a key that Git won’t know.', async () => {
        const data = { colour: 'blue', leftover: 'from-long-ago' }
        const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data }
        const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(object)}\n` }
        const metadata = { name: 'settings', annotations }
        await port.raw.create(story.path('configmaps'), { ...object, metadata }, 'kubectl-client-side-apply')
      })
      const review = await story.propose('Take settings into Git', {
        'app/settings.yaml': configMap('settings', '  colour: green\n'),
      })
      expect(review.comment).toContain('1 to adopt')
      expect(review.comment).toContain('leftover')
      const changed = await story.merge(review)
      expect(changed.map((each) => each.replace(/: .*/s, ''))).toEqual([
        'ConfigMap settings /data/colour',
        'ConfigMap settings /data/leftover',
        'ConfigMap settings /metadata/annotations/kubectl.kubernetes.io/last-applied-configuration',
      ])
      await story.golden('adopt')
    })

    test('a deletion says what goes with it', async () => {
      const story = await begin(port, { title: 'Deleting a claim, a namespace and a kind' })
      const [group, terrace, disk] = [`${story.name('coffee')}.example.com`, story.name('terrace'), story.name('disk')]
      const definitionPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/cafes.${group}`
      port.left.push(definitionPath, `/api/v1/namespaces/${terrace}`, `/api/v1/persistentvolumes/${disk}`)
      await story.meanwhile(`There is a volume \`${disk}\` with the reclaim policy Delete.`, () =>
        port.raw.create('/api/v1/persistentvolumes', {
          apiVersion: 'v1',
          kind: 'PersistentVolume',
          metadata: { name: disk },
          spec: {
            capacity: { storage: '1Gi' },
            accessModes: ['ReadWriteOnce'],
            persistentVolumeReclaimPolicy: 'Delete',
            storageClassName: disk,
            hostPath: { path: `/tmp/${disk}` },
          },
        }),
      )
      await story.begin({
        'app/settings.yaml': configMap('settings'),
        'app/data.yaml': `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: ${disk}
  volumeName: ${disk}
  resources: { requests: { storage: 1Gi } }
`,
        'app/definition.yaml': definition(group),
        'app/terrace.yaml': namespaceOf(terrace),
      })
      await story.meanwhile('Others put two ConfigMaps into the new namespace, and made two cafés.', async () => {
        for (const name of ['chairs', 'tables']) {
          await port.raw.create(`/api/v1/namespaces/${terrace}/configmaps`, {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name },
          })
          await port.raw.create(`/apis/${group}/v1/namespaces/${story.namespace}/cafes`, {
            apiVersion: `${group}/v1`,
            kind: 'Cafe',
            metadata: { name },
          })
        }
      })
      const review = await story.propose('Tidy up', {
        'app/data.yaml': null,
        'app/definition.yaml': null,
        'app/terrace.yaml': null,
      })
      expect(review.comment).toContain('3 to delete')
      expect(review.comment).toContain('3 risks')
      expect(review.comment).toContain('the volume disk (1Gi) and its data: its reclaim policy is Delete')
      expect(review.comment).toContain('2 Cafes in this cluster')
      expect(review.comment).toContain('2 ConfigMaps')
      expect(await story.mergeInVain(review)).toContain('⏸')
      expect(await port.raw.get(definitionPath)).toBeDefined()
      expect((await port.raw.get(`/api/v1/namespaces/${terrace}`))?.metadata.deletionTimestamp).toBeUndefined()
      await story.golden('delete-held')
    })

    test('what belongs to Helm, Argo CD, Flux or another ApplySet is refused', async () => {
      const story = await begin(port, { title: 'Objects of other tools' })
      await story.begin({ 'app/other.yaml': configMap('other') })
      const marks = {
        'from-argo': { annotations: { 'argocd.argoproj.io/tracking-id': 'billing:/ConfigMap:shop/from-argo' } },
        'from-flux': { labels: { 'kustomize.toolkit.fluxcd.io/name': 'platform' } },
        'from-helm': { annotations: { 'meta.helm.sh/release-name': 'postgres' } },
        'from-set': { labels: { 'applyset.kubernetes.io/part-of': 'applyset-of-somebody-v1' } },
      }
      await story.meanwhile('Argo CD, Flux, Helm and another ApplySet have a ConfigMap each.', async () => {
        for (const [name, mark] of Object.entries(marks)) {
          const metadata = { name, ...mark }
          await port.raw.create(story.path('configmaps'), { apiVersion: 'v1', kind: 'ConfigMap', metadata }, 'tool')
        }
      })
      const names = Object.keys(marks)
      const review = await story.propose('Take all four', {
        'app/all.yaml': names.map((name) => configMap(name, '  ours: now\n')).join('---\n'),
      })
      expect(review.conclusion).toBe('failure')
      expect(review.comment).toContain('4 errors')
      expect(review.annotations.map((each) => / belongs to ([\w ]+)/.exec(each)?.[1])).toEqual([
        'Argo CD ',
        'Flux ',
        'Helm ',
        'another ApplySet ',
      ])
      await story.mergeInVain(review)
      await story.golden('foreign')
    })

    test('an object that two apps claim is an error of both', async () => {
      const story = await begin(port, {
        title: 'Two apps, one object',
        config: (app, namespace) =>
          `version: 1\napps:\n${['front', 'back']
            .map((part) => `  - { name: ${app}-${part}, path: ${part}, namespace: ${namespace} }\n`)
            .join('')}`,
      })
      const review = await story.propose('Both say settings', {
        'front/settings.yaml': configMap('settings', '  size: small\n'),
        'back/settings.yaml': configMap('settings', '  size: large\n'),
      })
      expect(review.conclusion).toBe('failure')
      expect(review.comment).toContain('2 errors in 2 of 2 apps')
      expect(review.annotations.filter((each) => /^failure front\/settings.yaml:1 /.test(each))).toHaveLength(1)
      expect(review.annotations.filter((each) => /^failure back\/settings.yaml:1 /.test(each))).toHaveLength(1)
      await story.golden('two-claims')
      await story.close(review)
    })
  },
)

/** Puts a policy on the story's namespace; returns when the server enforces it. */
async function demand(port: Port, story: Story, plain: string, what: Demand, isEnforced: () => Promise<boolean>) {
  const root = '/apis/admissionregistration.k8s.io/v1'
  const name = story.name(plain)
  const { policy, binding } = admissionPolicy(name, story.namespace, what)
  port.left.push(`${root}/validatingadmissionpolicybindings/${name}`, `${root}/validatingadmissionpolicies/${name}`)
  await port.raw.create(`${root}/validatingadmissionpolicies`, policy)
  await port.raw.create(`${root}/validatingadmissionpolicybindings`, binding)
  await vi.waitFor(async () => expect(await isEnforced()).toBe(true), { timeout: 20_000, interval: 200 })
}
