// A plugin as a file beside the configuration: speaks slowly, and leaves a mark when it is closed.

/** `plugin: ./slow.ts`. The model `words-20` says twenty words, one each 20 ms, `endless` never stops. `mark` is a file that is written on
 * close, with the number of answers that were still under way then. */
export const SLOW_PLUGIN = `
import { writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
const finish = { type: 'finish', reason: 'stop', rawReason: 'end', usage };
let running = 0;

async function* stream(request, call) {
  const words = request.model === 'endless' ? Infinity : Number(request.model.split('-')[1]);
  running++;
  try {
    yield { type: 'start', id: 'slow', model: request.model };
    yield { type: 'block-start', index: 0, block: { type: 'text' } };
    for (let n = 0; n < words; n++) {
      yield { type: 'block-delta', index: 0, text: 's1:' + n + ' ' };
      await wait(20, undefined, { signal: call.signal });
    }
    yield { type: 'block-end', index: 0 };
    yield finish;
  } finally {
    running--;
  }
}

export default {
  name: 'slow',
  contract: 1,
  config: { '~standard': { version: 1, vendor: 'slow', validate: (value) => ({ value }) } },
  create: ({ mark }) => ({
    plan: (request) => ({
      resolution: { model: request.model, endpoint: 'nowhere', auth: 'none', reasons: [] },
      losses: [],
      wire: undefined,
    }),
    stream,
    close: async () => writeFileSync(mark, 'closed with ' + running + ' running'),
  }),
};
`;
