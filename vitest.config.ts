// The test runner: every *.test.ts of the house, and a last line that says how many passed.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Folders of test/ that leave nothing behind in their process: like the tests beside the sources they share one, and what it has loaded,
 * which takes half of their time away. */
const SHARING = [
  'anthropic-local',
  'anthropic-messages',
  'attempt',
  'bedrock-local',
  'bedrock-proof',
  'bedrock-protocols',
  'corpus',
  'e2e/clients',
  'gemini-proof',
  'matrix',
  'network',
  'openai-chat',
  'openai-local',
  'openai-responses',
  'strategies',
  'streams',
].map((folder) => `test/${folder}/**/*.test.ts`);
const exclude = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    reporters: ['default', './test/closing-reporter.ts'],
    // One more than there are cores, since many tests wait for sockets; by itself the runner leaves a core to nobody.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        extends: true,
        test: {
          name: 'sharing',
          include: ['core/src/**/*.test.ts', 'plugins/**/*.test.ts', ...SHARING],
          exclude,
          testTimeout: 20_000,
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'apart',
          include: ['test/**/*.test.ts'],
          exclude: [...exclude, ...SHARING],
          testTimeout: 20_000,
        },
      },
    ],
  },
});
