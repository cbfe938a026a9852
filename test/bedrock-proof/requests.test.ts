// Every recorded Converse request can be had through Turnout: decoded back to a canonical request it is sent again with the
// same meaning. What differs on purpose stands in request-exceptions.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ConverseRequestBody } from '@turnout/core/wire';
import { describe, expect, test } from 'vitest';
import { findModelFaults } from './api-model.ts';
import { toCanonical, toRouteSettings } from './canonical.ts';
import { normalise } from './normal-form.ts';
import { shape } from './proof.ts';
import { REQUEST_EXCEPTIONS } from './request-exceptions.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/corpus/recordings/', import.meta.url));

interface Recorded {
  readonly name: string;
  readonly modelId: string;
  readonly body: ConverseRequestBody;
}

const recorded: Recorded[] = (existsSync(FOLDER) ? readdirSync(FOLDER) : []).flatMap((file) => {
  const { kind, request } = JSON.parse(readFileSync(FOLDER + file, 'utf8'));
  // Two recordings have no request body.
  if (!['converse', 'converse-stream'].includes(kind) || request.body === undefined) return [];
  const modelId = decodeURIComponent(/^\/model\/(.+)\/[\w-]+$/.exec(request.path)?.[1] ?? '');
  return [{ name: file.replace(/\.json$/, ''), modelId, body: request.body }];
});

/** The one application profile of the recordings, and what is behind it. */
const MODELS = {
  'application-profile': {
    id: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/1arbu5hu2sjr',
    base: 'anthropic.claude-3-haiku-20240307-v1:0',
  },
};

function send({ modelId, body }: Recorded): ConverseRequestBody {
  const alias = Object.entries(MODELS).find(([, { id }]) => id === modelId)?.[0];
  const shaped = shape(
    toCanonical(alias ?? modelId, structuredClone(body)),
    { models: MODELS, crossRegion: 'off' },
    toRouteSettings(body),
  );
  expect(shaped.wireModel).toBe(modelId);
  return JSON.parse(JSON.stringify(shaped.body));
}

if (recorded.length === 0) console.log('recorded requests: skipped, the corpus is not on this machine');

describe.skipIf(recorded.length === 0)('recorded requests', () => {
  test.each(recorded.filter(({ name }) => !REQUEST_EXCEPTIONS.has(name)))('$name', (recording) => {
    const body = send(recording);
    expect(normalise(body, recording.body)).toEqual(normalise(recording.body, recording.body));
    expect(findModelFaults(body)).toEqual([]);
  });

  test('the list of exceptions holds no more than it needs', () => {
    const names = new Set(recorded.map(({ name }) => name));
    expect([...REQUEST_EXCEPTIONS.keys()].filter((name) => !names.has(name))).toEqual([]);
    for (const recording of recorded.filter(({ name }) => REQUEST_EXCEPTIONS.has(name))) {
      const same = (): void => {
        const body = send(recording);
        expect(normalise(body, recording.body)).toEqual(normalise(recording.body, recording.body));
      };
      expect(same, recording.name).toThrow();
    }
  });
});
