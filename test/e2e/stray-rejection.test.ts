// A plugin that lets a promise fail without looking at it does not end the process, and every stream in it.
import { afterEach, expect, test } from 'vitest';
import { endPrograms, serveProgram } from '../reload/program.ts';

afterEach(endPrograms);

const CARELESS = `
const answer = { type: 'start', id: '1', model: 'm' };
export default {
  name: 'careless',
  contract: 1,
  config: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
  create: () => ({
    plan: ({ model }) => ({ resolution: { model, endpoint: 'here', auth: 'none', reasons: [] }, losses: [], wire: {} }),
    async *stream() {
      void Promise.reject(new Error('a secret of the prompt'));
      yield answer;
      await new Promise((later) => setTimeout(later, 50));
      yield { type: 'block-start', index: 0, block: { type: 'text' } };
      yield { type: 'block-delta', index: 0, text: 'all the same' };
      yield { type: 'block-end', index: 0 };
      yield { type: 'finish', reason: 'stop', rawReason: 'stop', usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } };
    },
  }),
};
`;

test.each([1, 2])(
  'with %d worker(s) it is a line of the log, with the place and without the words',
  async (workers) => {
    const yaml = `server: { port: 0, workers: ${workers} }\nproviders: { careless: { plugin: ./careless.ts } }\n`;
    const { url, child, says } = await serveProgram(yaml, { 'careless.ts': CARELESS });
    for (let n = 0; n < 2; n++) {
      const answer = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'careless/m', messages: [{ role: 'user', content: 'hi' }] }),
      });
      expect(await answer.json()).toMatchObject({ choices: [{ message: { content: 'all the same' } }] });
    }
    const log = await says(/nobody looked at/);
    expect(log).toMatch(/careless\.ts/);
    expect(log).not.toContain('secret of the prompt');
    expect(child.exitCode).toBeNull();
  },
);
