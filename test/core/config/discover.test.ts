import { describe, expect, it } from 'vitest'
import { discoverApps, proposeConfig } from '../../../src/core/config/discover.ts'
import { parseRepositoryConfig } from '../../../src/core/config/repository.ts'

const found = (...files: string[]) => discoverApps(files).apps.map((each) => `${each.name} ${each.path}`)

describe('discovery', () => {
  it('finds charts and kustomizations', () => {
    expect(
      found(
        'apps/shop/overlays/production/kustomization.yaml',
        'charts/blog/Chart.yaml',
        'x/Kustomization',
        'x/a.yaml',
      ),
    ).toEqual(['shop-production apps/shop/overlays/production', 'blog charts/blog', 'x x'])
  })
  it('leaves out bases, components, hidden folders and charts inside of charts', () => {
    expect(
      found(
        'apps/shop/base/kustomization.yaml',
        'components/tls/kustomization.yml',
        '.github/x/kustomization.yaml',
        'c/Chart.yaml',
        'c/charts/sub/Chart.yaml',
        'c/ci/kustomization.yaml',
      ),
    ).toEqual(['c c'])
  })
  it('takes a chart at the root as the only app', () => {
    expect(found('Chart.yaml', 'charts/sub/Chart.yaml')).toEqual(['app .'])
    expect(found('kustomization.yaml', 'web/kustomization.yaml')).toEqual(['app .', 'web web'])
  })
  it('gives every app its own valid name', () => {
    expect(
      found('a/apps/web/Chart.yaml', 'a/web/Chart.yaml', `${'Long_'.repeat(30)}/Chart.yaml`, 'überall/Chart.yaml'),
    ).toEqual([`${'long-'.repeat(10)}lon ${'Long_'.repeat(30)}`, 'a-web a/apps/web', 'a-web-2 a/web', 'berall überall'])
  })
  it('is marked as such, and proposes a file that reads as the same apps', () => {
    const config = discoverApps([
      'apps/shop/overlays/prod/kustomization.yaml',
      '# odd: name/Chart.yaml',
      'yes/Chart.yaml',
      'n/Chart.yaml',
      '0644/Chart.yaml',
      '1e3/Chart.yaml',
    ])
    expect(config.discovered).toBe(true)
    expect(config.apps.every((each) => each.source === undefined)).toBe(true)
    const read = parseRepositoryConfig(proposeConfig(config), '.github/drydock.yaml')
    expect(read.apps.map(({ source: _, ...rest }) => rest)).toEqual(config.apps)
  })
})
