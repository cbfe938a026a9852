// The lists of models, in the shapes of both vendors that have them.
import { RouterError } from '../contract/index.ts';
import { resolve } from '../routing/index.ts';
import { decodePercent } from '../wire/index.ts';
import { answerJson } from './answer.ts';
import { asksAnthropic } from './error-door.ts';
import { listModels } from './models.ts';
import { type AppOptions, type Asked, identify, keeping } from './path.ts';
import type { Surface } from './surface.ts';

export function addModelPaths(surface: Surface, options: AppOptions): void {
  const createdS = Math.floor(Date.now() / 1000);
  const describe = (id: string) => ({ id, object: 'model', created: createdS, owned_by: 'turnout' });
  for (const prefix of ['/v1', '/openai/v1', '/anthropic/v1']) {
    surface.serve('GET', `${prefix}/models`, async (asked) => {
      const caller = identify(asked, options);
      const router = options.router();
      const names = await keeping(router, () => listModels(router, caller));
      const list = asksAnthropic(asked.incoming) ? pageOf(names, asked) : { object: 'list', data: names.map(describe) };
      return answerJson(asked, list);
    });
    // A model's name may hold slashes. One that cannot be decoded is none of ours, as it stands.
    surface.serve('GET', `${prefix}/models/*`, (asked) => {
      const caller = identify(asked, options);
      const id = decodePercent(asked.path.slice(`${prefix}/models/`.length));
      if (!caller.mayUse(id) || !resolve(options.router().table, id)) {
        throw new RouterError('model-not-found', `the model "${id}" is not routed here`, { field: 'model' });
      }
      return answerJson(asked, asksAnthropic(asked.incoming) ? describeAnthropic(id) : describe(id));
    });
  }
}

/** All that is known of a name; the rest may be null, and a date that is not known the epoch (Anthropic's SDK 1.12, 2026-11). */
const describeAnthropic = (id: string) => ({
  type: 'model',
  id,
  display_name: id,
  created_at: '1970-01-01T00:00:00Z',
  lifecycle: 'active',
  deprecated_at: null,
  line: null,
  max_input_tokens: null,
  max_tokens: null,
  capabilities: null,
});

const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 1000;

/** A page of Anthropic's list. Throws `invalid-request`. */
function pageOf(names: readonly string[], { incoming }: Asked): object {
  const { url = '' } = incoming;
  const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '');
  const limit = Number(query.get('limit') ?? LIMIT_DEFAULT);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new RouterError('invalid-request', `limit: expected a number from 1 to ${LIMIT_MAX}`, { field: 'limit' });
  }
  const after = query.get('after_id') ?? undefined;
  const before = query.get('before_id') ?? undefined;
  if (after !== undefined && before !== undefined) {
    throw new RouterError('invalid-request', 'only one of after_id and before_id', { field: 'before_id' });
  }
  const from = after === undefined ? 0 : placeOf(names, after, 'after_id') + 1;
  const to = before === undefined ? names.length : placeOf(names, before, 'before_id');
  const page = before === undefined ? names.slice(from, from + limit) : names.slice(Math.max(0, to - limit), to);
  return {
    data: page.map(describeAnthropic),
    has_more: page.length < to - from,
    first_id: page[0] ?? null,
    last_id: page.at(-1) ?? null,
  };
}

function placeOf(names: readonly string[], id: string, field: string): number {
  const place = names.indexOf(id);
  if (place < 0) throw new RouterError('invalid-request', `${field}: no such model in the list`, { field });
  return place;
}
