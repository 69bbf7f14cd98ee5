import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Most tests wait for a control plane: more of them than cores end sooner.
    maxWorkers: 3,
    env: { TZ: 'UTC', NO_COLOR: '1' },
  },
})
