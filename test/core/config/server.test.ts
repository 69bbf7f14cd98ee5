import { describe, expect, it } from 'vitest'
import {
  defaultServerConfig,
  mayChangeNamespace,
  mayUseCluster,
  parseServerConfig,
} from '../../../src/core/config/server.ts'
import { linesIn } from './errors.ts'

const parse = (text: string) => parseServerConfig(text, 'drydock.server.yaml')

describe("the server's configuration", () => {
  it('names clusters', () => {
    expect(
      parse(
        'clusters:\n  production: { context: prod, kubeconfig: /etc/k, repositories: [acme/*] }\n  here: { inCluster: true }\n',
      ),
    ).toEqual({
      clusters: {
        production: { context: 'prod', kubeconfig: '/etc/k', inCluster: false, repositories: ['acme/*'] },
        here: { inCluster: true },
      },
    })
    expect(defaultServerConfig).toEqual({ clusters: { default: { inCluster: false } } })
  })

  it.each([
    ['clusters:\n  a:\n    contxt: x\n', '3: Unknown key `contxt` in `clusters.a`; did you mean `context`?'],
    [
      'clusters:\n  a: {}\n  B_c: {}\n',
      '3: `clusters.B_c` has a name that must be lower-case letters, digits and `-`, at most 63, with a letter or digit at both ends (RFC 1123).',
    ],
    [
      'clusters:\n  a:\n    inCluster: true\n    context: x\n',
      '2: `clusters.a` has `inCluster: true` beside `context` or `kubeconfig`: keep one of them. It is a mapping.',
    ],
    ['clusters: {}\n', '1: `clusters` names no cluster. It is a mapping.'],
    ['cluster: {}\n', '1: Unknown key `cluster` at the top of the file; did you mean `clusters`?'],
    ['', '1: The file must be a mapping of keys. It is empty.'],
  ])('refuses %j with its line', (text, expected) => expect(linesIn(() => parse(text))).toContain(expected))

  it('says who may use a cluster, without regard to letter case', () => {
    const [open, closed] = [{ inCluster: false }, { inCluster: false, repositories: ['acme/*', 'mona/shop'] }]
    expect(mayUseCluster(open, 'any/thing')).toBe(true)
    expect(['acme/web', 'Acme/Web', 'mona/shop'].every((each) => mayUseCluster(closed, each))).toBe(true)
    expect(['acme2/web', 'mona/blog', 'x/acme/web'].some((each) => mayUseCluster(closed, each))).toBe(false)
    expect(mayUseCluster({ inCluster: false, repositories: [] }, 'acme/web')).toBe(false)
  })

  it('says which namespaces may be changed', () => {
    const settings = { inCluster: false, namespaces: ['shop', 'team-*'] }
    expect(mayChangeNamespace(settings, 'team-a')).toBe(true)
    expect(mayChangeNamespace(settings, 'kube-system')).toBe(false)
    expect(mayChangeNamespace({ inCluster: false }, 'kube-system')).toBe(true)
  })
})
