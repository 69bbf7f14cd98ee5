import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLocal } from '../../../src/adapters/git/local.ts'
import { snapshot } from '../../../src/adapters/git/snapshot.ts'
import { scratch, testRepository, thrown } from './support.ts'

function write(root: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), content)
  }
}

test('a folder in no repository becomes one commit, the same for the same content', async () => {
  const root = scratch()
  const odd = 'ü "quoted"\\\nname.yaml'
  write(root, { 'a.yaml': 'a\r\n', [odd]: 'b', 'sub/.git/config': 'no', 'sub/c.yaml': '', '.gitattributes': '* text' })
  const one = await snapshot(root)
  const two = await snapshot(root)
  expect(one.head).toBe(two.head)
  expect(one.pathInside).toBe('.')
  expect((await one.repository.list(one.head)).map((each) => each.path).sort()).toEqual(
    ['.gitattributes', 'a.yaml', 'sub/c.yaml', odd].sort(),
  )
  expect(await one.repository.read(one.head, 'a.yaml')).toBe('a\r\n')
  writeFileSync(join(root, 'a.yaml'), 'changed')
  const three = await snapshot(root)
  expect(three.head).not.toBe(one.head)
  await Promise.all([one.dispose(), two.dispose(), three.dispose()])
  await expect(one.repository.changedPaths(one.head, two.head)).rejects.toMatchObject({ code: 'git-failed' })
})

test('an overlay whose base lies above brings the base, and nothing else from there', async () => {
  const root = scratch()
  write(root, {
    'overlays/prod/kustomization.yaml': 'resources: [../../base]\n',
    'base/kustomization.yaml': 'resources: [a.yaml]\n',
    'base/a.yaml': 'x',
    'base/unused.txt': 'x',
    'private/key': 'canary',
  })
  const taken = await snapshot(join(root, 'overlays/prod'))
  expect([taken.root, taken.pathInside]).toEqual([root, 'overlays/prod'])
  expect((await taken.repository.list(taken.head)).map((each) => each.path)).toEqual([
    'base/a.yaml',
    'base/kustomization.yaml',
    'overlays/prod/kustomization.yaml',
  ])
  await taken.dispose()
})

test('a link is taken as a link, and refused when it is exported', async () => {
  const root = scratch()
  write(root, { 'a.yaml': 'x' })
  symlinkSync('/etc/passwd', join(root, 'link.yaml'))
  const taken = await snapshot(root)
  const destination = scratch()
  expect((await thrown(taken.repository.export(taken.head, ['.'], destination))).message).toContain('symbolic link')
  expect(readdirSync(destination)).toEqual([])
  await taken.dispose()
})

test('a folder of a checkout is known with its place, and what is not committed', async () => {
  const source = testRepository()
  const commit = source.commit({ 'apps/shop/a.yaml': 'x', 'other.yaml': 'x' })
  writeFileSync(join(source.folder, 'apps/shop/a.yaml'), 'changed')
  writeFileSync(join(source.folder, 'apps/shop/new.yaml'), 'new')
  writeFileSync(join(source.folder, 'other.yaml'), 'changed')
  const local = await openLocal(join(source.folder, 'apps/shop'))
  expect(local).toMatchObject({ head: commit, pathInside: 'apps/shop' })
  expect([...((await local?.uncommitted()) ?? [])].sort()).toEqual(['apps/shop/a.yaml', 'apps/shop/new.yaml'])
  expect(await local?.repository.read(commit, 'apps/shop/a.yaml')).toBe('x')
  expect(readFileSync(join(source.folder, 'other.yaml'), 'utf8')).toBe('changed')
  expect(await openLocal(scratch())).toBeUndefined()
  await expect(openLocal(join(source.folder, 'gone'))).rejects.toMatchObject({ code: 'path-missing' })
})
