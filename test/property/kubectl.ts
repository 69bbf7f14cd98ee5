import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPrograms } from '../../src/adapters/render/programs.ts'
import { kubeconfig } from '../adapters/kubernetes/control-plane.ts'
import type { Body } from './template.ts'

/**
 * Names of the objects that `kubectl diff --server-side` says would change; `undefined`: it gave no answer (it stops at
 * the first object that the server refuses).
 */
export async function kubectlDiff(manifests: readonly Body[]): Promise<ReadonlySet<string> | undefined> {
  const { file } = await findPrograms('').kustomize()
  const folder = await mkdtemp(join(tmpdir(), 'drydock-kubectl-'))
  try {
    const path = join(folder, 'all.json')
    await writeFile(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }))
    const options = ['--server-side', '--field-manager=drydock', '--force-conflicts', '--kubeconfig', kubeconfig ?? '']
    // Any tool that tells which files differ; `-N`: what isn't there yet differs too; `generation` is no content.
    const env = { ...process.env, KUBECTL_EXTERNAL_DIFF: 'diff -rqN -Igeneration', HOME: folder, TMPDIR: folder }
    const { code, output } = await run(file, ['diff', ...options, '-f', path], env)
    if (code > 1) return undefined
    const names = manifests.map((each) => String((each.metadata as Body).name))
    return new Set(names.filter((name) => output.split('\n').some((line) => line.endsWith(`.${name} differ`))))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function run(file: string, args: string[], env: NodeJS.ProcessEnv): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { env, timeout: 60_000, maxBuffer: 1e8 }, (_error, output) =>
      resolve({ code: child.exitCode ?? 255, output }),
    )
  })
}
