import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Listing, listingCache } from '../../../src/adapters/git/listings.ts'
import { openLocal } from '../../../src/adapters/git/local.ts'
import { scratch, testRepository } from './support.ts'

const listing = (size: number): Promise<Listing> =>
  Promise.resolve(
    new Map(Array.from({ length: size }, (_, n) => [`${n}`, { path: `${n}`, type: 'file', id: '', size: 0 }])),
  )

test('what was listed once is not asked of git again, until the repository moves on', async () => {
  const source = testRepository()
  const one = source.commit({ 'app/a.yaml': 'a', 'app/deep/b.yaml': 'b', 'app2/c.yaml': 'c' })
  const two = source.commit({ 'app/d.yaml': 'd' })
  const local = await openLocal(source.folder)
  if (!local) throw new Error('no repository')
  const git = local.repository
  const paths = async (commit: string, folder: string) => (await git.list(commit, folder)).map((each) => each.path)
  expect(await paths(one, 'app')).toEqual(['app/a.yaml', 'app/deep/b.yaml'])
  expect(await paths(two, 'app')).toEqual(['app/a.yaml', 'app/d.yaml', 'app/deep/b.yaml'])
  const fingerprint = await git.fingerprint(one, ['app'])
  expect(await git.fingerprint(one, ['app', 'app2'])).not.toBe(fingerprint)
  expect(await git.fingerprint(two, ['app'])).not.toBe(fingerprint)
  await git.read(one, 'app/a.yaml')

  // Nothing but memory can answer now.
  renameSync(join(source.folder, '.git'), join(scratch(), 'elsewhere'))
  expect(await paths(one, 'app/')).toEqual(['app/a.yaml', 'app/deep/b.yaml'])
  expect(await git.fingerprint(one, ['app'])).toBe(fingerprint)
  expect(await git.read(one, 'app/missing.yaml')).toBeUndefined()
  expect(await git.read(one, 'app/deep/missing.yaml')).toBeUndefined()
  await expect(paths(one, 'other')).rejects.toThrow()
})

test('several folders at once, one in the other, are listed as they are alone', async () => {
  const source = testRepository()
  const commit = source.commit({ 'a/x.yaml': '1', 'a/b/y.yaml': '2', 'ab/z.yaml': '3', 'c.yaml': '4' })
  const local = await openLocal(source.folder)
  if (!local) throw new Error('no repository')
  const git = local.repository
  const alone = await git.fingerprint(commit, ['a', 'c.yaml'])
  expect(await git.fingerprint(commit, ['a', 'a/b', 'c.yaml'])).toBe(alone)
  expect((await git.list(commit, 'a/b')).map((each) => each.path)).toEqual(['a/b/y.yaml'])
  expect((await git.list(commit, 'a')).map((each) => each.path)).toEqual(['a/b/y.yaml', 'a/x.yaml'])
})

test('the least recently used listing goes first, a large one is not kept, and a failure is not kept', async () => {
  const cache = listingCache(10)
  for (const key of ['a', 'b']) cache.set(key, listing(4))
  await Promise.all([cache.get('b'), cache.get('a')])
  cache.set('c', listing(4))
  await cache.get('c')
  expect([cache.get('a'), cache.get('b'), cache.get('c')].map((each) => each !== undefined)).toEqual([
    true,
    false,
    true,
  ])
  cache.set('large', listing(100))
  await cache.get('large')
  expect(cache.get('large')).toBeUndefined()
  expect(cache.get('c')).toBeDefined()
  const failing = Promise.reject(new Error('gone'))
  cache.set('failed', failing)
  await failing.catch(() => {})
  expect(cache.get('failed')).toBeUndefined()
})
