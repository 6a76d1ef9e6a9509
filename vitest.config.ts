import { defineConfig } from 'vitest/config';

/** Those that boot a virtual machine: slow and patient, so `npm test` runs them beside the others. */
const machineTests = ['test/v4l2/real-driver.test.ts', 'test/v4l2/faults.test.ts'];

// Times are for a slow, busy machine with two cores: they end a test that hangs, they measure nothing.
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    pool: 'forks',
    retry: 0,
    teardownTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.{ts,tsx}', 'eslint/**/*.test.js'],
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/v4l2/**/*.test.ts'],
          exclude: machineTests,
          testTimeout: 90_000,
          hookTimeout: 90_000,
          // One file at a time: they measure a real server and share the machine with its captures.
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'drivers',
          include: machineTests,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
