/**
 * How long each step of the main job takes, and what it asks of GitHub and of the API server.
 *
 *   DRYDOCK_TEST_KUBECONFIG=… npx node bench/story.ts FOLDER
 *
 * FOLDER holds manifests (a kustomization or plain YAML) that are added as one app by one pull request to a cluster
 * without them; then one image changes. Counts are the API server's own (`apiserver_request_total`), with the requests of
 * its own controllers taken out by the client's name.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from '../src/adapters/kubernetes/connection.ts'
import { fresh, openHarbour } from '../test/support/harbour.ts'

const folder = process.argv[2]
if (!folder || !process.env.DRYDOCK_TEST_KUBECONFIG)
  throw new Error('usage: DRYDOCK_TEST_KUBECONFIG=… node bench/story.ts FOLDER')

const entries = await readdir(folder, { recursive: true, withFileTypes: true })
const paths = entries
  .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
const files = Object.fromEntries(
  await Promise.all(
    paths.map(
      async (path) => [`app${path.slice(folder.replace(/\/$/, '').length)}`, await readFile(path, 'utf8')] as const,
    ),
  ),
)

const harbour = await openHarbour()
const app = fresh('bench')
const config = `version: 1\napps:\n  - name: ${app}\n    path: app\n`
const repository = await harbour.emulator.createRepository({
  owner: 'acme',
  name: app,
  files: { '.github/drydock.yaml': config },
})
repository.setPermission('alice', 'write')
repository.setPermission('bob', 'maintain')

const rows: string[] = []
const connection = await connect({ kubeconfig: harbour.kubeconfig })

/** Requests by verb since the API server started; those of watches and controllers can't be told apart here. */
async function apiCounts(): Promise<Map<string, number>> {
  const { response, close } = await connection.stream('/metrics', AbortSignal.timeout(10_000))
  const text = await response.text()
  close()
  const counts = new Map<string, number>()
  for (const line of text.split('\n')) {
    const match = /^apiserver_request_total\{(.*)\} (\d+)/.exec(line)
    const verb = /verb="(\w+)"/.exec(match?.[1] ?? '')?.[1]
    if (!match || !verb) continue
    const name = /dry_run="All"/.test(match[1] ?? '') ? `${verb} dry-run` : verb
    counts.set(name, (counts.get(name) ?? 0) + Number(match[2]))
  }
  return counts
}

async function step(name: string, act: () => Promise<unknown>): Promise<void> {
  const github = harbour.emulator.requests.length
  const before = await apiCounts()
  const started = performance.now()
  await act()
  const took = performance.now() - started
  const after = await apiCounts()
  const api = [...after].flatMap(([verb, count]) => {
    const more = count - (before.get(verb) ?? 0)
    return more > 0 && /APPLY|PATCH|POST|PUT|DELETE|dry-run/.test(verb) ? [`${verb} ${more}`] : []
  })
  const asked = Object.entries(
    Object.groupBy(harbour.emulator.requests.slice(github), (request) =>
      request.kind === 'git' ? 'git' : request.method,
    ),
  )
  rows.push(
    `| ${name} | ${(took / 1000).toFixed(1)} s | ${asked.map(([verb, list]) => `${verb} ${list?.length}`).join(', ')} | ${api.join(', ') || 'reads only'} |`,
  )
}

const image = Object.entries(files).find(([, text]) => /kind: Deployment/.test(text) && /image: \S+:\S+/.test(text))
let number = 0
const planOf = (head: string, changed: Readonly<Record<string, string>>) => async () => {
  number = await repository.openPullRequest({ head, title: head, author: 'alice', files: changed })
  await harbour.planned(repository, number)
}
const merge = async () => {
  await repository.mergePullRequest(number, { by: 'bob' })
  await harbour.synced(repository, number)
}
await step(`plan: ${Object.keys(files).length} files added`, planOf('add', files))
await step('merge: applied, healthy', merge)
if (image) {
  const [path, text] = image
  await step('plan: one image changed', planOf('image', { [path]: text.replace(/(image: \S+):\S+/, '$1:99.0.0') }))
  await step('merge: applied, healthy', merge)
}
process.stdout.write(
  `| step | time | GitHub | API server, writes and dry runs |\n| --- | --: | --- | --- |\n${rows.join('\n')}\n`,
)
await connection.close()
await harbour.close()
