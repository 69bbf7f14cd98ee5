import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openLocal } from '../../../src/adapters/git/local.ts'
import { problemsOf } from '../../../src/core/model/errors.ts'
import type { GitRepository } from '../../../src/flows/ports.ts'
import { scratch, type TestRepository, testRepository, thrown } from './support.ts'

async function open(source: TestRepository): Promise<GitRepository> {
  const local = await openLocal(source.folder)
  if (!local) throw new Error('no repository')
  return local.repository
}

describe('reading a repository', () => {
  test('names with odd characters are listed, read, compared and exported as they are', async () => {
    const source = testRepository()
    const odd = ['a b.yaml', 'tab\there.yaml', 'new\nline.yaml', 'ü"[x]*.yaml', '-x.yaml', ':(top)y.yaml']
    const before = source.commit({ 'plain.yaml': 'x' })
    const after = source.commit(Object.fromEntries(odd.map((name) => [`dir/${name}`, `content of ${name}`])))
    const git = await open(source)
    const paths = odd.map((name) => `dir/${name}`).sort()
    expect((await git.list(after, 'dir')).map((each) => each.path).sort()).toEqual(paths)
    expect([...(await git.changedPaths(before, after))].sort()).toEqual(paths)
    expect(await git.read(after, 'dir/ü"[x]*.yaml')).toBe('content of ü"[x]*.yaml')
    expect(await git.read(after, 'dir/new\nline.yaml')).toBe('content of new\nline.yaml')
    const destination = scratch()
    await git.export(after, ['dir'], destination)
    expect(readFileSync(join(destination, 'dir/new\nline.yaml'), 'utf8')).toBe('content of new\nline.yaml')
    expect(existsSync(join(destination, 'plain.yaml'))).toBe(false)
  })

  test('many files at once, large and empty ones too', async () => {
    const source = testRepository()
    const large = `${'0123456789abcdef'.repeat(64)}\n`.repeat(3000)
    const files: Record<string, string> = { 'large.yaml': large, 'empty.yaml': '' }
    for (let index = 0; index < 30; index++) files[`dir/${index}.yaml`] = `${index}\n`
    const commit = source.commit(files)
    const git = await open(source)
    const names = Object.keys(files)
    expect(await Promise.all(names.map((name) => git.read(commit, name)))).toEqual(Object.values(files))
    const destination = scratch()
    await git.export(commit, ['.'], destination)
    expect(names.map((name) => readFileSync(join(destination, name), 'utf8'))).toEqual(Object.values(files))
  })

  test('a file that is not there is undefined; so is a folder', async () => {
    const source = testRepository()
    const commit = source.commit({ 'dir/a.yaml': 'x' })
    const git = await open(source)
    expect(await git.read(commit, 'b.yaml')).toBeUndefined()
    expect(await git.read(commit, 'dir')).toBeUndefined()
    expect(await git.read(commit, 'dir/*.yaml')).toBeUndefined()
  })

  test('modes and ids are those of exactly these files, of every kind and name', async () => {
    const source = testRepository()
    const odd = ['a b.yaml', 'tab\there.yaml', 'new\nline.yaml', 'ü"[x]*.yaml', '-x.yaml', '*.yaml']
    const first = source.commit(Object.fromEntries(['dir/inner.yaml', 'dirt.yaml', ...odd].map((path) => [path, path])))
    source.commitEntry('100755', 'run.sh', '#!/bin/sh\n')
    source.commitEntry('120000', 'link', 'dir')
    source.commitEntry('100644', ':(top)y.yaml', 'x')
    const commit = source.commitEntry('160000', 'lib', first)
    const git = await open(source)
    const blob = (path: string) => source.git('rev-parse', `${commit}:${path}`)
    const files = ['dir/inner.yaml', ...odd, ':(top)y.yaml'].map(
      (path) => [path, { mode: '100644', id: blob(path) }] as const,
    )
    const there = new Map([
      ...files,
      ['run.sh', { mode: '100755', id: blob('run.sh') }],
      ['link', { mode: '120000', id: blob('link') }],
      ['lib', { mode: '160000', id: first }],
    ])
    const not = ['dir', 'dir/', 'dir/*', './run.sh', 'gone.yaml', 'run.sh/x', 'link/inner.yaml', 'lib/x', '.', '']
    expect(await git.blobs(commit, [...there.keys(), ...not])).toEqual(there)
    expect(await git.blobs(commit, not)).toEqual(new Map())
    expect(await git.blobs(commit, [])).toEqual(new Map())
    expect(await git.blobs(first, ['run.sh', 'dir/inner.yaml'])).toEqual(new Map([files[0] ?? ['', undefined]]))
    expect(await thrown(git.blobs('HEAD', ['run.sh']))).toMatchObject({ code: 'git-failed' })
  })

  test('both names of a renamed file have changed', async () => {
    const source = testRepository()
    const before = source.commit({ 'old.yaml': 'same content\n'.repeat(20) })
    const after = source.commit({ 'old.yaml': undefined, 'new.yaml': 'same content\n'.repeat(20) })
    expect(await (await open(source)).changedPaths(before, after)).toEqual(['new.yaml', 'old.yaml'])
  })

  test('the merge of two branches is a tree with both sides, or the paths in conflict', async () => {
    const source = testRepository()
    const root = source.commit({ 'a.yaml': '1\n', 'b.yaml': '1\n' })
    const base = source.commit({ 'a.yaml': '2\n' })
    source.git('checkout', '--quiet', '-b', 'side', root)
    const head = source.commit({ 'b.yaml': '2\n' })
    const conflicting = source.commit({ 'a.yaml': '3\n' })
    const git = await open(source)
    const merged = await git.mergeTree(base, head)
    if (!('tree' in merged)) throw new Error('conflict')
    expect([await git.read(merged.tree, 'a.yaml'), await git.read(merged.tree, 'b.yaml')]).toEqual(['2\n', '2\n'])
    expect(await git.mergeTree(base, conflicting)).toEqual({ conflicts: ['a.yaml'] })
    expect(await git.mergeBase(base, head)).toBe(root)
    expect(await git.isAncestor(root, head)).toBe(true)
    expect(await git.isAncestor(base, head)).toBe(false)
  })

  test('first parents come oldest first and leave out the start', async () => {
    const source = testRepository()
    const one = source.commit({ a: '1' })
    const two = source.commit({ a: '2' })
    source.git('checkout', '--quiet', '-b', 'side')
    source.commit({ b: '1' })
    source.git('checkout', '--quiet', 'main')
    source.git('merge', '--quiet', '--no-ff', 'side', '-m', 'merge')
    const merge = source.git('rev-parse', 'HEAD')
    const last = source.commit({ a: '3' }, 'the subject\n\nand a body')
    const git = await open(source)
    expect(await git.firstParents(one, last, 10)).toEqual([two, merge, last])
    expect(await git.firstParents(last, last, 10)).toEqual([])
    expect(await git.describe(last)).toMatchObject({ subject: 'the subject', author: 'Ann' })
  })

  test('what is not a full id or looks like an option never reaches git', async () => {
    const source = testRepository()
    const commit = source.commit({ a: '1' })
    const git = await open(source)
    const output = join(source.folder, 'pwned')
    for (const bad of ['--output=pwned', 'HEAD', '-h', `${commit}~1`, '']) {
      expect(await thrown(git.changedPaths(bad, commit))).toMatchObject({ code: 'git-failed' })
      expect(await thrown(git.read(bad, 'a'))).toMatchObject({ code: 'git-failed' })
    }
    expect(existsSync(output)).toBe(false)
    expect(await git.resolve('main')).toBe(commit)
    expect(await git.resolve(commit)).toBe(commit)
    for (const bad of ['--help', '-h', 'nothing', 'main..main', ':a']) expect(await git.resolve(bad)).toBeUndefined()
    expect(await thrown(git.fetch(['f'.repeat(40)]))).toMatchObject({ code: 'git-failed' })
  })
})

describe('exporting', () => {
  test('a symbolic link is refused by name, wherever it points', async () => {
    const source = testRepository()
    source.commit({ 'app/a.yaml': 'x' })
    const commit = source.commitEntry('120000', 'app/templates/env.txt', '/proc/self/environ')
    const git = await open(source)
    const destination = scratch()
    const error = await thrown(git.export(commit, ['app'], destination))
    expect(problemsOf(error)).toMatchObject([
      { code: 'path-refused', source: { path: 'app/templates/env.txt', line: 1 } },
    ])
    expect(existsSync(join(destination, 'app'))).toBe(false)
    expect(await thrown(git.read(commit, 'app/templates/env.txt'))).toMatchObject({ code: 'path-refused' })
  })

  test('a folder behind a symbolic link is refused, not missing', async () => {
    const source = testRepository()
    const commit = source.commitEntry('120000', 'link', '/etc')
    const git = await open(source)
    expect(await thrown(git.export(commit, ['link/ssl'], scratch()))).toMatchObject({ code: 'path-refused' })
  })

  test('a submodule is refused by name; one elsewhere in the repository is not', async () => {
    const source = testRepository()
    const first = source.commit({ 'app/a.yaml': 'x' })
    const commit = source.commitEntry('160000', 'lib/other', first)
    const git = await open(source)
    expect(problemsOf(await thrown(git.export(commit, ['.'], scratch())))).toMatchObject([
      { code: 'path-refused', message: 'lib/other is a submodule.' },
    ])
    await git.export(commit, ['app'], scratch())
  })

  test('a missing path is an error, also beside one that is there', async () => {
    const source = testRepository()
    const commit = source.commit({ 'app/a.yaml': 'x' })
    const git = await open(source)
    const error = await thrown(git.export(commit, ['app', 'gone'], scratch()))
    expect(error).toMatchObject({ code: 'path-missing', message: 'There is no file or folder gone in this commit.' })
    expect(await thrown(git.export(commit, ['../etc'], scratch()))).toMatchObject({ code: 'path-refused' })
    expect(await thrown(git.export(commit, ['/etc'], scratch()))).toMatchObject({ code: 'path-refused' })
  })

  test('filters and line endings that the repository asks for are not applied', async () => {
    const source = testRepository()
    const marker = join(source.folder, 'ran')
    const commit = source.commit({
      '.gitattributes': '*.yaml filter=evil text eol=crlf ident\n',
      'a.yaml': '$Id$\nb\n',
    })
    source.git('config', 'filter.evil.smudge', `touch ${marker}`)
    source.git('config', 'filter.evil.required', 'true')
    const destination = scratch()
    await (await open(source)).export(commit, ['.'], destination)
    expect(readFileSync(join(destination, 'a.yaml'), 'utf8')).toBe('$Id$\nb\n')
    expect(existsSync(marker)).toBe(false)
  })

  test('nothing that is exported is executable', async () => {
    const source = testRepository()
    source.commit({ a: 'x' })
    const commit = source.commitEntry('100755', 'run.sh', '#!/bin/sh\n')
    const destination = scratch()
    await (await open(source)).export(commit, ['run.sh'], destination)
    expect(statSync(join(destination, 'run.sh')).mode & 0o111).toBe(0)
  })
})
