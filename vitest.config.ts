// The test runner: every *.test.ts of the house, and a last line that says how many passed.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['core/src/**/*.test.ts', 'plugins/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    reporters: ['default', './test/closing-reporter.ts'],
    testTimeout: 20_000,
    // All cores: by itself the runner leaves one of them to nobody.
    maxWorkers: '100%',
  },
});
