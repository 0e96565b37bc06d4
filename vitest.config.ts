import { defineConfig } from 'vitest/config';

const UNIT_TIMEOUT_MS = 15_000;
/** Real systems start in tens of seconds on two cores. */
const SYSTEM_TIMEOUT_MS = 300_000;

export default defineConfig({
  cacheDir: '.cache/vite',
  test: {
    passWithNoTests: false,
    // The main process mostly waits: every core runs tests.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          // Modules are loaded once for each core, not for each of the files: that halves the time.
          isolate: false,
          environment: 'node',
          include: [
            'src/**/*.test.ts',
            'tests/requirements/**/*.test.ts',
            'tests/stack/**/*.test.ts',
            'tests/conformance/**/*.test.ts',
          ],
          testTimeout: UNIT_TIMEOUT_MS,
          hookTimeout: UNIT_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'system',
          environment: 'node',
          include: ['{src,tests}/**/*.{integration,e2e}.test.ts'],
          fileParallelism: false,
          testTimeout: SYSTEM_TIMEOUT_MS,
          hookTimeout: SYSTEM_TIMEOUT_MS,
        },
      },
    ],
  },
});
