// A plugin as a file beside the configuration, of which a test can see in which process it runs, and which can end that one.

const CONTRACT = new URL('../../core/src/contract/index.ts', import.meta.url).href;

/** `plugin: ./local.ts`. Models: `pid` says the number of its process, `words-20` twenty words, one each 20 ms, `fail` fails. Settings: `refuse` and `end` are paths of files: whichever process makes that file first cannot be created, or ends there;
 * `endsWith` is that of a file with which each ends. `note` means nothing, but a provider with another one is another. `secret` is said by the model `secret`. */
export const LOCAL_PLUGIN = `
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { RouterError } from ${JSON.stringify(CONTRACT)};

const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
const finish = { type: 'finish', reason: 'stop', rawReason: 'end', usage };

const isFirst = (path) => {
  try {
    writeFileSync(path, '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
};

const streamOf = (secret) => async function* stream({ model }, call) {
  if (model === 'fail') throw new RouterError('upstream-failed', 'it fails');
  yield { type: 'start', id: 'local', model };
  yield { type: 'block-start', index: 0, block: { type: 'text' } };
  if (model === 'pid') yield { type: 'block-delta', index: 0, text: String(process.pid) };
  if (model === 'secret') yield { type: 'block-delta', index: 0, text: secret };
  const words = model.startsWith('words-') ? Number(model.split('-')[1]) : 0;
  for (let n = 0; n < words; n++) {
    yield { type: 'block-delta', index: 0, text: 'word ' };
    await wait(20, undefined, { signal: call.signal });
  }
  yield { type: 'block-end', index: 0 };
  yield finish;
};

export default {
  name: 'local',
  contract: 1,
  config: { '~standard': { version: 1, vendor: 'local', validate: (value) => ({ value }) } },
  create: ({ refuse, end, endsWith, secret }) => {
    if (refuse && isFirst(refuse)) throw new Error('this one does not want to');
    if ((end && isFirst(end)) || (endsWith && existsSync(endsWith))) process.kill(process.pid, 'SIGKILL');
    return {
      plan: (request) => ({
        resolution: { model: request.model, endpoint: 'nowhere', auth: 'none', reasons: [] },
        losses: [],
        wire: undefined,
      }),
      stream: streamOf(secret),
    };
  },
};
`;
