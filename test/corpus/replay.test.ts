// Real traffic: every recorded Converse and ConverseStream answer, served byte for byte and cut at will, comes out through the
// router and the official OpenAI SDK as what it was.
import { type BedrockLocal, type Chunks, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type House, openHouse } from '../house.ts';
import { hasCorpus, type Recording, readRecordings, readStream, readWhole, type Seen } from './recordings.ts';

const SMALL_BYTES = 4_096;
const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret' };

if (!hasCorpus) console.log('replay of recorded traffic: skipped, there is no ../shared/corpus beside the repository');

let local: BedrockLocal;
let house: House;
beforeAll(async () => {
  local = await startBedrockLocal({ credentials: [KEYS] });
  house = await openHouse(`providers:
  bedrock:
    region: us-east-1
    endpoint: ${local.url}
    auth: { mode: keys, accessKeyId: ${KEYS.accessKeyId}, secretAccessKey: ${KEYS.secretAccessKey} }
    retry: { attempts: 1 }
    breaker: { failures: 100000 }
`);
});
afterAll(async () => {
  await house.close();
  await local.close();
});

/** What the SDK's caller sees. */
async function ask(modelId: string, stream: boolean): Promise<Seen> {
  const messages = [{ role: 'user' as const, content: 'As recorded.' }];
  const model = `bedrock/${modelId}`;
  if (!stream) {
    const { choices, usage } = await house.openai.chat.completions.create({ model, messages });
    const [choice] = choices;
    // The SDK carries reasoning_content without knowing it.
    const message = choice?.message as
      | (NonNullable<typeof choice>['message'] & { reasoning_content?: string })
      | undefined;
    return {
      text: message?.content ?? '',
      reasoning: message?.reasoning_content ?? '',
      calls: (message?.tool_calls ?? []).flatMap((call) =>
        call.type === 'function'
          ? [{ id: call.id, name: call.function.name, input: JSON.parse(call.function.arguments) }]
          : [],
      ),
      finish: choice?.finish_reason ?? '',
      usage: { prompt: usage?.prompt_tokens ?? -1, completion: usage?.completion_tokens ?? -1 },
    };
  }
  const seen: Seen = { text: '', reasoning: '', calls: [], finish: '', usage: { prompt: -1, completion: -1 } };
  const inputs: string[] = [];
  const request = { model, messages, stream: true as const, stream_options: { include_usage: true } };
  for await (const chunk of await house.openai.chat.completions.create(request)) {
    const [choice] = chunk.choices;
    const delta = choice?.delta as { content?: string; reasoning_content?: string } | undefined; // as above
    seen.text += delta?.content ?? '';
    seen.reasoning += delta?.reasoning_content ?? '';
    for (const call of choice?.delta.tool_calls ?? []) {
      if (call.id) seen.calls[call.index] = { id: call.id, name: call.function?.name ?? '', input: undefined };
      inputs[call.index] = (inputs[call.index] ?? '') + (call.function?.arguments ?? '');
    }
    if (choice?.finish_reason) seen.finish = choice.finish_reason;
    if (chunk.usage) seen.usage = { prompt: chunk.usage.prompt_tokens, completion: chunk.usage.completion_tokens };
  }
  seen.calls.forEach((call, index) => {
    call.input = JSON.parse(inputs[index] ?? '');
  });
  return seen;
}

async function replay({ modelId, kind, status, headers, body }: Recording, chunks?: Chunks): Promise<Seen> {
  local.reset();
  local.script({ kind: 'recorded', status, headers, body, ...(chunks === undefined ? {} : { chunks }) });
  return ask(modelId, kind === 'converse-stream');
}

function cutsOf(body: Buffer): Chunks[] {
  const random: Chunks[] = [{ seed: body.length }, { seed: body.length + 1 }];
  return body.length <= SMALL_BYTES ? ['every-byte', ...random] : random;
}

/** The router's status for a recorded refusal. */
const STATUS: Readonly<Record<number, number>> = { 403: 502 };

const recordings = readRecordings(['converse', 'converse-stream']);
const answers = recordings.filter(({ status }) => status === 200);

describe.skipIf(!hasCorpus)('recorded answers', () => {
  test('are all there', () => {
    expect(recordings).toHaveLength(262);
  });

  test.each(answers.filter(({ kind }) => kind === 'converse'))('$name', async (recording) => {
    const expected = readWhole(recording.body);
    expect(await replay(recording)).toEqual(expected);
    for (const chunks of cutsOf(recording.body).slice(-1)) expect(await replay(recording, chunks)).toEqual(expected);
  });

  test.each(answers.filter(({ kind }) => kind === 'converse-stream'))('$name', async (recording) => {
    const expected = readStream(recording.body);
    for (const chunks of [undefined, ...cutsOf(recording.body)]) {
      if (expected) expect(await replay(recording, chunks)).toEqual(expected);
      else await expect(replay(recording, chunks)).rejects.toThrow(APIError);
    }
  });

  test.each(recordings.filter(({ status }) => status !== 200))('$name: an error ($status)', async (recording) => {
    const error = await replay(recording).catch((reason) => reason);
    expect(error).toBeInstanceOf(APIError);
    const expected = STATUS[recording.status] ?? recording.status;
    const { message } = JSON.parse(recording.body.toString('utf8'));
    // A model id that Bedrock does not know is a 404 here, in every protocol.
    expect(error.status).toBe(/identifier is invalid/.test(message) ? 404 : expected);
    expect(error.message).toContain(message.replace(/\d{12}/g, '************').slice(0, 40));
  });
});
