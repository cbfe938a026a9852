// Recorded requests against the validators: what Bedrock took must pass, what it refused for its shape must be refused.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseClaude, toConverse } from './claude-body.ts';
import { createDirectory } from './model.ts';
import type { ReasoningSeal } from './reasoning-seal.ts';
import { Refusal } from './refusal.ts';
import { parseTarget } from './target.ts';
import { checkClaude } from './validate-claude.ts';
import { checkConverse, parseConverse } from './validate-converse.ts';

interface Recording {
  readonly kind: string;
  readonly request: { readonly path: string; readonly body?: Record<string, unknown> };
  readonly response: { readonly status: number; readonly headers: Record<string, string>; readonly bodyText?: string };
  readonly fidelity?: { readonly elidedRequestStrings?: unknown };
}

const FOLDER = new URL('../../../../shared/corpus/recordings/', import.meta.url);
const names = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
const recordings = names.map((name) => {
  // The corpus's README says what a recording holds.
  return { name, recording: JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Recording };
});

// The recordings' reasoning was sealed by Anthropic, so every seal has to count here.
const anySeal: ReasoningSeal = { sign: () => '', verify: () => true, redact: () => '', verifyRedacted: () => true };
const models = createDirectory([], {
  'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/1arbu5hu2sjr':
    'anthropic.claude-3-haiku-20240307-v1:0',
});

function validate({ kind, request }: Recording): void {
  const { modelId } = parseTarget('POST', request.path);
  if (kind.startsWith('converse')) {
    const body = parseConverse(structuredClone(request.body), kind === 'converse-stream');
    checkConverse(body, models.resolve(modelId, undefined), anySeal);
    return;
  }
  const model = models.resolve(modelId, undefined);
  const claude = parseClaude(request.body);
  checkClaude(claude, toConverse(claude), model, anySeal);
}

const refusalOf = (recording: Recording): Refusal | undefined => {
  try {
    validate(recording);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
};

/** Requests that Bedrock took and we refuse, and why that is right. */
const EXCEPTIONS = new Map([
  [
    'openllmetry-js__Test-Anthropic-should-set-cache-tokens-in-span-for-Anthropic-messages-API-with-cached-tokens_3921807056.json',
    'made by hand: the id ends in v2-0, which no model does, and so does the answer say msg_bedrock_cache_test_001',
  ],
]);

/** Requests that Bedrock refused and we take, and why. */
const TAKEN = new Map([
  [
    'req_llm__anthropic_claude_3_5_haiku_20241022_v1_0-usage.json',
    'the bare id is refused in that region, while twenty recordings of another region show answers to it',
  ],
]);

describe.skipIf(names.length === 0)('recorded requests', () => {
  test('the lists of exceptions hold no more than they need', () => {
    for (const { name, recording } of recordings) {
      if (EXCEPTIONS.has(name)) expect(refusalOf(recording), name).toBeDefined();
      if (TAKEN.has(name)) expect(refusalOf(recording), name).toBeUndefined();
    }
  });

  const taken = recordings.filter(
    ({ recording: { kind, request, response, fidelity } }) =>
      kind.startsWith('converse') &&
      response.status === 200 &&
      request.body !== undefined &&
      fidelity?.elidedRequestStrings === undefined,
  );

  test('what Converse took passes', () => {
    const refused = taken.flatMap(({ name, recording }) => {
      const refusal = refusalOf(recording);
      return refusal === undefined || EXCEPTIONS.has(name) ? [] : [[name, refusal.message]];
    });
    expect(taken.length).toBeGreaterThan(200);
    expect(refused).toEqual([]);
  });

  test('what InvokeModel took in the form of Messages passes', () => {
    const messages = recordings.filter(
      ({ recording: { kind, request, response, fidelity } }) =>
        kind.startsWith('invoke') &&
        response.status === 200 &&
        request.path.includes('anthropic') &&
        request.body?.messages !== undefined &&
        fidelity?.elidedRequestStrings === undefined,
    );
    const refused = messages.flatMap(({ name, recording }) => {
      const refusal = refusalOf(recording);
      return refusal === undefined || EXCEPTIONS.has(name) ? [] : [[name, refusal.message]];
    });
    expect(messages.length).toBeGreaterThan(50);
    expect(refused).toEqual([]);
  });

  // About the request's shape or model: the others are about credentials, access, load, or texts the recorder cut.
  const SHAPE =
    /identifier is invalid|on-demand throughput|end of its life|doesn't support|extraneous key|Field required/;
  const refusedOnes = recordings.filter(
    ({ name, recording: { kind, response } }) =>
      !TAKEN.has(name) && kind !== 'other' && response.status >= 400 && SHAPE.test(response.bodyText ?? ''),
  );
  test.each(refusedOnes.map(({ name, recording }) => [name, recording] as const))('%s is refused', (_, recording) => {
    const { message } = JSON.parse(recording.response.bodyText ?? '{}') as { message: string }; // AWS's error body
    const refusal = refusalOf(recording);
    expect(refusal?.message).toBe(message);
    expect(refusal?.status).toBe(recording.response.status);
    const recordedName = recording.response.headers['x-amzn-errortype']?.split(':')[0];
    expect(refusal?.name).toBe(recordedName ?? 'ValidationException');
  });
});
