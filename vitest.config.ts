import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const integration = (name: string): string => `test/integration/${name}.test.ts`;
const pages = (name: string): string => `test/e2e/${name}.test.ts`;

/** Tests that boot a virtual machine. They are slow and tolerate delays, so `npm test` runs them in the background. */
const machineTests = ['test/v4l2/real-driver.test.ts', 'test/v4l2/faults.test.ts'];

/** Tests that measure, count or starve something. They run alone, except for the virtual machines. */
const measuringTests = [
  ...['bench', 'frame-cost', 'lifecycle', 'slow-viewer'].map(integration),
  ...['deaf-clients', 'greedy-viewer', 'pipelining', 'sign-in'].map((name) => `test/limits/${name}.test.ts`),
];

/** Tests of pages that tolerate late frames. */
const tolerantPages = [
  'accessibility',
  'budget',
  'cameras',
  'controls',
  'embedding',
  'gallery',
  'hls',
  'hostile-name',
  'hot-plug',
  'keyboard',
  'no-script',
  'phone',
  'photo',
  'player',
  'recovery',
  'set-up',
  'sign-in',
  'users',
].map(pages);

/** Tests that take more than a minute start first, so that none runs alone at the end. */
const longest = [
  'test/fuzz/fuzz.test.ts',
  ...['unplug', 'soak', 'ip-camera-soak', 'h264', 'sound', 'whep', 'device'].map(integration),
  ...['http-replies', 'rtsp', 'http'].map((name) => `test/odd-cameras/${name}.test.ts`),
  ...['player', 'accessibility', 'embedding', 'hls', 'recovery', 'outages', 'h264', 'ladder'].map(pages),
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((path) => moduleId.endsWith(path));
      return at === -1 ? longest.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

/** One file at a time. */
const oneByOne = { fileParallelism: false };

// Timeouts only end tests that hang, also on a slow, busy machine with two cores.
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    pool: 'forks',
    retry: 0,
    sequence: { sequencer: LongestFirst },
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
          include: ['test/{fuzz,integration,limits,odd-cameras,v4l2}/**/*.test.ts'],
          exclude: [...machineTests, ...measuringTests],
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        extends: true,
        test: { ...oneByOne, name: 'measuring', include: measuringTests, testTimeout: 90_000, hookTimeout: 90_000 },
      },
      { extends: true, test: { ...oneByOne, name: 'drivers', include: machineTests } },
      {
        extends: true,
        test: { name: 'pages', include: tolerantPages, testTimeout: 120_000, hookTimeout: 120_000 },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: tolerantPages,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
