import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createRenderer } from '../../../src/adapters/render/renderer.ts'
import type { RenderLimits } from '../../../src/adapters/render/run-renderer.ts'
import { readManifests } from '../../../src/core/manifests/read.ts'
import type { Manifest } from '../../../src/core/model/manifest.ts'
import type { RenderRequest } from '../../../src/flows/ports.ts'

/** Where the npm package has no program for this machine, one of its path is used. */
const path = process.platform === 'linux' && process.arch === 'x64' ? '' : (process.env.PATH ?? '')

/** A folder with these files, removed after the test. */
export function folderWith(files: Record<string, string>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'drydock-test-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

/** Renders files by the real programs, into objects. */
export async function render(
  files: Record<string, string> | string,
  request: Partial<RenderRequest> & Pick<RenderRequest, 'kind' | 'path'>,
  limits: RenderLimits = {},
): Promise<readonly Manifest[]> {
  const root = typeof files === 'string' ? files : folderWith(files)
  const texts = await createRenderer({ path, ...limits })({ root, name: 'app', ...request })
  const { manifests, problems } = readManifests(texts)
  if (problems.length > 0) throw new Error(problems.map((each) => each.message).join('\n'))
  return manifests
}

/** `Kind name@path:line` of each object. */
export function places(manifests: readonly Manifest[]): readonly string[] {
  return manifests.map(({ object, source }) => `${object.kind} ${object.metadata.name}@${source.path}:${source.line}`)
}

export const configMap = (name: string, data = '{}'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata: ${data}\n`
