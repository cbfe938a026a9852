// Every recorded answer of Converse and InvokeModel, relayed through the provider from a server that replays it in pieces: byte for
// byte what AWS sent, but for the name of the model.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { type FinishEvent, type Host, type PlanCall, type Provider, RouterError } from '@turnout/core/contract';
import { type Frame, FrameReader } from '@turnout/core/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatRequest, createHost, relayCallOf, startUpstream, type Upstream } from '../test/fixture.ts';
import plugin from './index.ts';

const folder = new URL('../../../../shared/corpus/recordings/', import.meta.url);
const present = existsSync(folder);
if (!present) console.log('relayed recordings: skipped, ../shared/corpus is not there');

interface Recording {
  readonly kind: 'converse' | 'converse-stream' | 'invoke' | 'invoke-stream' | 'other';
  readonly request: { readonly path: string; readonly body?: Record<string, unknown> };
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly bodyText?: string;
    readonly bodyBase64?: string;
  };
}

const recordings = (present ? readdirSync(folder) : [])
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, recording: JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Recording }))
  .filter(({ recording }) => recording.kind !== 'other');
const bytesOf = ({ response }: Recording): Buffer =>
  response.bodyBase64 === undefined ? Buffer.from(response.bodyText ?? '') : Buffer.from(response.bodyBase64, 'base64');
const streamed = (kind: string): boolean => kind.endsWith('stream');

const ALIAS = 'the "client\'s" name';

let playing: Recording | undefined;
let upstream: Upstream;
let host: Host & { close(): Promise<void> };
let provider: Provider;

/** Cuts where a counter says, the same every time. */
async function play(response: ServerResponse, { response: recorded }: Recording, bytes: Buffer): Promise<void> {
  response.writeHead(recorded.status, { 'content-type': 'application/json', ...recorded.headers });
  let size = bytes.length;
  for (let at = 0; at < bytes.length && !response.destroyed; at += size) {
    size = 1 + ((size * 31 + at * 7 + 17) % 1500);
    response.write(bytes.subarray(at, at + size));
    if (at % 3 === 0) await setImmediate();
  }
  response.end();
}

beforeAll(async () => {
  upstream = await startUpstream((response) => {
    if (playing !== undefined) void play(response, playing, bytesOf(playing));
  });
  host = createHost();
  provider = await plugin.create(settings(upstream.url), host);
});
afterAll(async () => {
  await provider.close?.();
  await host.close();
  await upstream.close();
});

function settings(endpoint: string): Parameters<typeof plugin.create>[0] {
  const auth = { mode: 'keys', accessKeyId: 'A', secretAccessKey: 'S' };
  const parsed = plugin.config['~standard'].validate({ region: 'us-east-1', endpoint, auth, allowArns: true });
  if (parsed instanceof Promise || parsed.issues !== undefined) throw new Error('the settings are wrong');
  return parsed.value;
}

async function relay(recording: Recording): Promise<{ bytes: Buffer; finish: FinishEvent; headers: object }> {
  playing = recording;
  const { kind, request } = recording;
  const body = request.body ?? {};
  const claude = isAnthropic(recording);
  const call: PlanCall = {
    protocol: kind.startsWith('converse') ? 'bedrock-converse' : 'bedrock-invoke',
    stream: streamed(kind),
    body,
    // Whether the target takes it is not asked then: each of these bodies was taken.
    ...(claude ? {} : { relayOnly: 'recorded' }),
  };
  const asked = chatRequest({ model: decodeURIComponent(request.path.split('/')[2] ?? '') });
  const plan = provider.plan(asked, call);
  expect(plan.relay).toBe(true);
  const answer = await provider.relay?.(asked, relayCallOf(plan, ALIAS));
  const pieces: Uint8Array[] = [];
  let finish: FinishEvent | undefined;
  let content = false;
  for await (const event of answer?.events ?? []) {
    if (event.type === 'finish') finish = event;
    else {
      pieces.push(event.bytes);
      if (event.content) content = true;
    }
  }
  if (finish === undefined) throw new Error('no finish');
  // Two of them have no text, and nothing else.
  if (!content) expect(Buffer.concat(pieces).toString()).toMatch(/"content":\s*\[\]|"text":\s*""/);
  return { bytes: Buffer.concat(pieces), finish, headers: answer?.headers ?? {} };
}

function framesOf(bytes: Buffer): Frame[] {
  const reader = new FrameReader();
  reader.push(bytes);
  const frames: Frame[] = [];
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame);
  reader.end();
  return frames;
}

const innerOf = (frame: Frame): string => Buffer.from(JSON.parse(frame.text()).bytes ?? '', 'base64').toString('utf8');

/** The bytes as AWS sent them, the model's name taken over: written here by a parser, there by a scanner. */
function expectRelayed(recording: Recording, relayed: Buffer): void {
  const sent = bytesOf(recording);
  if (relayed.equals(sent)) {
    expect(isAnthropic(recording)).toBe(false);
    return;
  }
  expect(isAnthropic(recording)).toBe(true);
  if (recording.kind === 'invoke') {
    const model = JSON.parse(sent.toString()).model;
    const named = (text: string, name: string): string =>
      text.replace(/("model"\s*:\s*)"[^"]*"/, () => `"model":${name}`);
    expect(named(relayed.toString(), '?')).not.toContain(model);
    expect(JSON.parse(relayed.toString())).toEqual({ ...JSON.parse(sent.toString()), model: ALIAS });
    const at = relayed.indexOf(JSON.stringify(ALIAS));
    expect(relayed.subarray(0, at).equals(sent.subarray(0, at))).toBe(true);
    const tail = sent.length - at - JSON.stringify(model).length;
    expect(relayed.subarray(relayed.length - tail).equals(sent.subarray(sent.length - tail))).toBe(true);
    return;
  }
  const [told, said] = [framesOf(relayed), framesOf(sent)];
  expect(told.length).toBe(said.length);
  for (const [index, frame] of said.entries()) {
    const other = told[index];
    if (other?.whole.equals(frame.whole)) continue;
    const start = JSON.parse(innerOf(frame));
    expect(start.type).toBe('message_start');
    expect(other && JSON.parse(innerOf(other))).toEqual({ ...start, message: { ...start.message, model: ALIAS } });
    expect(other && [...other.headers.all]).toEqual([...frame.headers.all]);
    expect(other && JSON.parse(other.text()).p).toEqual(JSON.parse(frame.text()).p);
  }
}

function isAnthropic({ kind, request: { path, body } }: Recording): boolean {
  return kind.startsWith('invoke') && path.includes('anthropic.claude') && Array.isArray(body?.messages);
}

/** The usage in the answer, read in another way: from Bedrock's own count, or from the JSON. */
function usageIn(recording: Recording): { input: number; output: number } | undefined {
  const { kind, response } = recording;
  const bytes = bytesOf(recording);
  const frames = streamed(kind) ? framesOf(bytes) : [];
  const last = frames.at(-1);
  const json = kind === 'invoke-stream' && last ? innerOf(last) : (last?.text() ?? bytes.toString());
  const { usage, 'amazon-bedrock-invocationMetrics': metrics } = JSON.parse(json);
  if (kind.startsWith('converse')) return usage && { input: usage.inputTokens, output: usage.outputTokens };
  if (kind === 'invoke-stream' && isAnthropic(recording)) {
    const counts = frames.map((frame) => JSON.parse(innerOf(frame)));
    return {
      input: counts[0].message.usage.input_tokens,
      output: counts.findLast(({ type }) => type === 'message_delta').usage.output_tokens,
    };
  }
  if (metrics !== undefined) return { input: metrics.inputTokenCount, output: metrics.outputTokenCount ?? 0 };
  if (isAnthropic(recording)) return usage && { input: usage.input_tokens, output: usage.output_tokens };
  const input = response.headers['x-amzn-bedrock-input-token-count'];
  const output = response.headers['x-amzn-bedrock-output-token-count'] ?? '0';
  return input === undefined ? undefined : { input: Number(input), output: Number(output) };
}

describe.runIf(present)('recorded answers, relayed', () => {
  const answered = recordings.filter(({ recording }) => recording.response.status === 200);
  it('are all there', () => expect(answered.length).toBeGreaterThan(420));

  it.each(answered)('$name', async ({ recording }) => {
    const exception =
      streamed(recording.kind) && framesOf(bytesOf(recording)).find((f) => f.headers.messageType !== 'event');
    if (exception) {
      await expect(relay(recording)).rejects.toSatisfy(RouterError.is);
      return;
    }
    if (JSON.stringify(recording.request.body ?? {}).includes('"s3Location"')) {
      await expect(relay(recording)).rejects.toMatchObject({ code: 'unsupported' });
      return;
    }
    const { bytes, finish, headers } = await relay(recording);
    expectRelayed(recording, bytes);
    const usage = usageIn(recording);
    expect(finish.usage).toMatchObject(
      usage === undefined ? { totalTokens: 0 } : { inputTokens: usage.input, outputTokens: usage.output },
    );
    expect(headers).toMatchObject({ 'content-type': recording.response.headers['content-type'] ?? 'application/json' });
    expect(Object.keys(headers).filter((name) => !/^(content-type$|x-amzn-bedrock-)/.test(name))).toEqual([]);
  });

  const refused = recordings.filter(({ recording }) => recording.response.status !== 200);
  it.each(refused)('refused: $name', async ({ recording }) => {
    await expect(relay(recording)).rejects.toSatisfy(RouterError.is);
  });

  it.each(answered.filter(({ recording }) => streamed(recording.kind)).slice(0, 40))(
    'cut: $name',
    async ({ recording }) => {
      const bytes = bytesOf(recording);
      const frames = framesOf(bytes);
      const [first = 0, second = 0] = frames.map((frame) => frame.whole.length);
      const last = frames.at(-1)?.whole.length ?? 0;
      const lengths = [bytes.length - 1, bytes.length - last, first, first + 5, first + second];
      for (const length of lengths.filter((one) => one < bytes.length)) {
        const cut = {
          ...recording,
          response: { ...recording.response, bodyBase64: bytes.subarray(0, length).toString('base64') },
        };
        await expect(relay(cut), `cut at ${length} of ${bytes.length}`).rejects.toMatchObject({
          code: 'upstream-failed',
        });
      }
    },
  );
});
