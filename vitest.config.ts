import { defineConfig } from 'vitest/config'

/** What a test waits for comes at once, or on a busy machine late. */
const within = (timeout: number) => ({ poll: { timeout } })

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,apps}/*/src/**/*.test.ts', 'tests/layout/**/*.test.ts'],
          pool: 'threads',
          isolate: false,
          testTimeout: 20_000,
          expect: within(15_000),
        },
      },
      {
        test: {
          name: 'conformance',
          include: ['tests/conformance/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: within(30_000),
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 300_000,
          expect: within(30_000),
        },
      },
    ],
  },
})
