import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configMap, folderWith, places, render } from './support.ts'

test('a folder is read with its subfolders, in order, without what is hidden or no manifest', async () => {
  const files = {
    'app/b.yaml': configMap('b'),
    'app/a.json': '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}',
    'app/sub/c.yml': `# note\n${configMap('c')}---\n${configMap('d')}`,
    'app/.github/workflows/ci.yaml': 'on: push',
    'app/.hidden.yaml': 'x',
    'app/README.md': 'x',
    'other/e.yaml': configMap('e'),
  }
  expect(places(await render(files, { kind: 'plain', path: 'app' }))).toEqual([
    'ConfigMap a@app/a.json:1',
    'ConfigMap b@app/b.yaml:1',
    'ConfigMap c@app/sub/c.yml:2',
    'ConfigMap d@app/sub/c.yml:8',
  ])
  expect(places(await render(files, { kind: 'plain', path: 'other/e.yaml' }))).toEqual(['ConfigMap e@other/e.yaml:1'])
})

test('a YAML file that is no manifest is an error, not skipped', async () => {
  const files = { 'app/a.yaml': configMap('a'), 'app/values.yaml': 'replicas: 3\n' }
  await expect(render(files, { kind: 'plain', path: 'app' })).rejects.toThrow('no apiVersion and no kind')
})

test('a link, a file that is not UTF-8, and a path that leads outside are refused', async () => {
  const root = folderWith({ 'app/a.yaml': configMap('a') })
  await expect(render(root, { kind: 'plain', path: '../app' })).rejects.toMatchObject({ code: 'path-refused' })
  await expect(render(root, { kind: 'plain', path: 'gone' })).rejects.toMatchObject({ code: 'path-missing' })
  writeFileSync(join(root, 'app/b.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xff]))
  await expect(render(root, { kind: 'plain', path: 'app' })).rejects.toMatchObject({
    code: 'yaml-invalid',
    source: { path: 'app/b.yaml' },
  })
  symlinkSync('/proc/self/environ', join(root, 'app/c.yaml'))
  await expect(render(root, { kind: 'plain', path: 'app' })).rejects.toMatchObject({
    code: 'path-refused',
    source: { path: 'app/c.yaml' },
  })
})
