import { expect, test } from 'vitest'
import { createRenderCache } from '../../../src/flows/render/render-cache.ts'

const render = (name: string, bytes = 1) => ({
  manifests: [
    { object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }, source: { path: 'a.yaml', line: 1 } },
  ],
  bytes,
})

test('equal inputs are rendered once, also when two ask at the same time', async () => {
  const cache = createRenderCache()
  let made = 0
  const make = async () => {
    made += 1
    return render(`made-${made}`)
  }
  const [one, two] = await Promise.all([cache.get('key', make), cache.get('key', make)])
  expect(one).toBe(two)
  expect(await cache.get('key', make)).toBe(one)
  expect(made).toBe(1)
})

test('a failed render is not kept, and not another caller’s failure', async () => {
  const cache = createRenderCache()
  const failing = cache.get('key', () => Promise.reject(new Error('stopped')))
  const other = cache.get('key', async () => render('mine'))
  await expect(failing).rejects.toThrow('stopped')
  expect((await other)[0]?.object.metadata.name).toBe('mine')
  expect((await cache.get('key', async () => render('later')))[0]?.object.metadata.name).toBe('later')
})

test('the least recently used render goes first when the space is used up', async () => {
  const cache = createRenderCache(10)
  const names: string[] = []
  const get = (key: string) =>
    cache.get(key, async () => {
      names.push(key)
      return render(key, 4)
    })
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key)
  expect(names).toEqual(['a', 'b', 'c', 'b'])
})
