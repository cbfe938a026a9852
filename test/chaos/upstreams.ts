// The vendors of a chaos run: the local ones, each answer with words that say whose they are, and every kind of fault by a seed.
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { type AnthropicLocal, type Step as AnthropicStep, startAnthropicLocal } from '@turnout/plugin-anthropic/local';
import { type BedrockLocal, type Step as BedrockStep, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { type GeminiLocal, type Step as GeminiStep, startGeminiLocal } from '@turnout/plugin-gemini/local';
import { type OpenaiLocal, type Step as OpenaiStep, startOpenaiLocal } from '@turnout/plugin-openai/local';
import { Random } from '../fuzz/random.ts';

export type Vendor = 'bedrock' | 'openai' | 'anthropic' | 'gemini';

/** What one upstream call was answered. */
export interface Sent {
  /** The first part of each of its words: `b17`. */
  readonly id: string;
  /** The number of the client's request. */
  readonly question: number;
  readonly vendor: Vendor;
  readonly fault: string;
  /** What it would have said in all. Words are numbered: `b17:0 b17:1 …` */
  readonly text: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** In what order the calls came. */
  readonly order: number;
}

export interface Upstreams {
  readonly urls: Readonly<Record<Vendor | 'dead', string>>;
  /** By id. */
  readonly sent: ReadonlyMap<string, Sent>;
  /** How many answers are under way. */
  readonly open: number;
  /** From now on this share of the calls goes wrong. */
  setFaults(share: number): void;
  close(): Promise<void>;
}

/** How fast and how long answers are. */
export interface Shape {
  readonly wordsMin: number;
  readonly wordsMax: number;
  /** As each vendor counts tokens: a word is a few. Without: all at once. */
  readonly tokensPerSecond?: number;
  /** Stalls are longer than any timeout of the router in front. */
  readonly stallMs: number;
}

/** Marks a client's request, in its prompt: whatever the vendor's form, it is found in the body. */
export const markOf = (question: number): string => `question-${question}-`;
const MARK = /question-(\d+)-/;

/** A fault in words that each vendor's script has its own for. */
type Fault =
  | { readonly kind: 'none'; readonly delayMs?: number }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds?: number }
  | { readonly kind: 'overloaded' | 'failed' | 'html' | 'garbage' }
  | { readonly kind: 'late'; readonly delayMs: number }
  | { readonly kind: 'cut'; readonly afterFrames: number }
  | { readonly kind: 'cut-inside'; readonly afterBytes: number }
  | { readonly kind: 'short'; readonly afterFrames: number }
  | { readonly kind: 'stall'; readonly afterFrames: number }
  | { readonly kind: 'pause'; readonly afterFrames: number; readonly forMs: number }
  | { readonly kind: 'exception'; readonly afterFrames: number }
  | { readonly kind: 'corrupt'; readonly frame: number };

function faultBy(random: Random, share: number, { stallMs }: Shape): Fault {
  if (!random.chance(share))
    return random.chance(0.1) ? { kind: 'none', delayMs: random.integer(40) } : { kind: 'none' };
  const afterFrames = random.integer(12);
  switch (random.integer(13)) {
    case 0:
      return random.chance(0.1) ? { kind: 'throttled', retryAfterSeconds: 1 } : { kind: 'throttled' };
    case 1:
      return { kind: 'overloaded' };
    case 2:
      return { kind: 'failed' };
    case 3:
      return { kind: 'html' };
    case 4:
      return { kind: 'garbage' };
    case 5:
      return { kind: 'late', delayMs: random.chance(0.5) ? stallMs : random.integer(100) };
    case 6:
      return { kind: 'cut', afterFrames };
    case 7:
      return { kind: 'cut-inside', afterBytes: random.integer(1_500) };
    case 8:
      return { kind: 'short', afterFrames };
    case 9:
      return { kind: 'stall', afterFrames };
    case 10:
      return { kind: 'pause', afterFrames, forMs: random.integer(60) };
    case 11:
      return { kind: 'exception', afterFrames };
    default:
      return { kind: 'corrupt', frame: random.integer(8) };
  }
}

/** What every vendor's steps have in common. */
interface Words<Answer> {
  readonly answer: Answer;
  readonly throttled: object;
  readonly overloaded: object;
  readonly failed: object;
  readonly exception: object;
  readonly garbageType: string;
}

/** The step for a fault. The cast at the callers: the kinds are those of every local vendor, the words its own. */
function stepFor<Answer extends object>({ fault, random, paced }: Decided, words: Words<Answer>): object {
  const { answer } = words;
  // Each piece of a paced answer waits its time: in small ones it would take minutes.
  const chunks = !paced && random.chance(0.1) ? { chunks: { seed: random.integer(1_000) } } : {};
  switch (fault.kind) {
    case 'none':
    case 'late':
      return { kind: 'answer', ...answer, ...chunks, ...(fault.delayMs !== undefined && { delayMs: fault.delayMs }) };
    case 'throttled':
      return {
        kind: 'error',
        ...words.throttled,
        ...(fault.retryAfterSeconds !== undefined && { retryAfterSeconds: fault.retryAfterSeconds }),
      };
    case 'overloaded':
      return { kind: 'error', ...words.overloaded };
    case 'failed':
      return { kind: 'error', ...words.failed };
    case 'html':
      return { kind: 'html' };
    case 'garbage':
      return {
        kind: 'recorded',
        headers: { 'content-type': words.garbageType },
        body: 'this is {"no": answer\n\ndata: at all\n\n',
      };
    case 'cut':
      return { kind: 'cut', answer, afterFrames: fault.afterFrames, ...chunks };
    case 'cut-inside':
      return { kind: 'cut', answer, afterBytes: fault.afterBytes };
    case 'short':
      return { kind: 'end', answer, afterFrames: fault.afterFrames };
    case 'stall':
      return { kind: 'stall', answer, afterFrames: fault.afterFrames };
    case 'pause':
      return { kind: 'stall', answer, afterFrames: fault.afterFrames, forMs: fault.forMs };
    case 'exception':
      return { kind: 'exception', answer, ...words.exception, afterFrames: fault.afterFrames };
    case 'corrupt':
      return { kind: 'corrupt', answer, frame: fault.frame };
  }
}

/** What of a request a step is made of. */
interface Asked {
  readonly operation: string | undefined;
  readonly body: unknown;
}

interface Decided {
  readonly said: Sent;
  readonly fault: Fault;
  readonly random: Random;
  readonly paced: boolean;
}

type Decide = (vendor: Vendor, asked: Asked) => Decided | undefined;

export async function startUpstreams(seed: number, shape: Shape): Promise<Upstreams> {
  const sent = new Map<string, Sent>();
  const calls = new Map<string, number>();
  let share = 0;
  let order = 0;

  /** Decides by the seed, the client's request and how often it has come here: not by when it comes. */
  const decide: Decide = (vendor, { body }) => {
    const question = Number(MARK.exec(JSON.stringify(body))?.[1] ?? Number.NaN);
    if (Number.isNaN(question)) return undefined;
    const key = `${vendor} ${question}`;
    const time = calls.get(key) ?? 0;
    calls.set(key, time + 1);
    const random = new Random(seed, vendor, question, time);
    const chosen = faultBy(random, share, shape);
    // Only Bedrock's frames have checksums.
    const fault: Fault =
      chosen.kind === 'corrupt' && vendor !== 'bedrock' ? { kind: 'cut', afterFrames: chosen.frame } : chosen;
    const id = `${vendor.charAt(0)}${++order}`;
    const words = random.between(shape.wordsMin, shape.wordsMax);
    const text = Array.from({ length: words }, (_, n) => `${id}:${n} `).join('');
    const outputTokens = shape.tokensPerSecond === undefined ? random.between(1, 5_000) : 5 * words;
    const tokens = { inputTokens: random.between(10, 9_000), outputTokens };
    const said: Sent = { id, question, vendor, fault: fault.kind, text, ...tokens, order };
    sent.set(id, said);
    return { said, fault, random, paced: shape.tokensPerSecond !== undefined };
  };

  const pace = { tokensPerSecond: shape.tokensPerSecond };
  const bedrock = await startBedrockLocal(pace);
  const openai = await startOpenaiLocal(pace);
  const anthropic = await startAnthropicLocal(pace);
  const gemini = await startGeminiLocal(pace);
  const locals = [bedrock, openai, anthropic, gemini];
  scriptBedrock(bedrock, decide);
  scriptOpenai(openai, decide);
  scriptAnthropic(anthropic, decide);
  scriptGemini(gemini, decide);
  const dead = await freePort();
  return {
    urls: {
      bedrock: bedrock.url,
      openai: openai.baseUrl,
      anthropic: anthropic.url,
      gemini: gemini.baseUrl,
      dead: `http://127.0.0.1:${dead}/v1`,
    },
    sent,
    get open() {
      return locals.reduce((sum, local) => sum + local.open, 0);
    },
    setFaults: (chosen) => {
      share = chosen;
    },
    close: async () => {
      for (const local of locals) await local.close();
    },
  };
}

// An entry that is a function is used once: each puts itself back.
function scriptBedrock(local: BedrockLocal, decide: Decide): void {
  local.script(function entry(request) {
    local.script(entry);
    const decided = decide('bedrock', request);
    if (decided === undefined) return undefined;
    const { text, inputTokens, outputTokens } = decided.said;
    return stepFor(decided, {
      answer: { content: [{ text }], usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens } },
      throttled: { name: 'ThrottlingException' },
      overloaded: { name: 'ServiceUnavailableException' },
      failed: { name: 'InternalServerException' },
      exception: {
        name: decided.random.pick(['modelStreamErrorException', 'throttlingException', 'internalServerException']),
      },
      garbageType: 'application/vnd.amazon.eventstream',
    }) as BedrockStep;
  });
}

function scriptOpenai(local: OpenaiLocal, decide: Decide): void {
  local.script(function entry(request) {
    local.script(entry);
    const decided = decide('openai', request);
    if (decided === undefined) return undefined;
    const { text, inputTokens, outputTokens } = decided.said;
    const total = inputTokens + outputTokens;
    const usage =
      request.operation === 'responses'
        ? { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: total }
        : { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: total };
    return stepFor(decided, {
      answer: { content: text, usage },
      throttled: { code: 'rate_limit_exceeded', status: 429 },
      overloaded: { code: 'server_overloaded', status: 503 },
      failed: { type: 'server_error', status: 500 },
      exception: { code: decided.random.pick(['server_error', 'rate_limit_exceeded']) },
      garbageType: 'text/event-stream',
    }) as OpenaiStep;
  });
}

function scriptAnthropic(local: AnthropicLocal, decide: Decide): void {
  local.script(function entry(request) {
    local.script(entry);
    const decided = decide('anthropic', request);
    if (decided === undefined) return undefined;
    const { text, inputTokens, outputTokens } = decided.said;
    return stepFor(decided, {
      answer: { text, usage: { input_tokens: inputTokens, output_tokens: outputTokens } },
      throttled: { type: 'rate_limit_error', status: 429 },
      overloaded: { type: 'overloaded_error', status: 529 },
      failed: { type: 'api_error', status: 500 },
      exception: { type: decided.random.pick(['overloaded_error', 'api_error']) },
      garbageType: 'text/event-stream',
    }) as AnthropicStep;
  });
}

function scriptGemini(local: GeminiLocal, decide: Decide): void {
  local.script(function entry(request) {
    local.script(entry);
    const decided = decide('gemini', request);
    if (decided === undefined) return undefined;
    const { text, inputTokens, outputTokens } = decided.said;
    const usage = {
      promptTokenCount: inputTokens,
      candidatesTokenCount: outputTokens,
      thoughtsTokenCount: 0,
      totalTokenCount: inputTokens + outputTokens,
    };
    return stepFor(decided, {
      answer: { content: text, usage },
      throttled: { status: 'RESOURCE_EXHAUSTED' },
      overloaded: { status: 'UNAVAILABLE' },
      failed: { status: 'INTERNAL' },
      exception: { status: decided.random.pick(['UNAVAILABLE', 'INTERNAL']) },
      garbageType: 'text/event-stream',
    }) as GeminiStep;
  });
}

/** A port at which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo; // a server that listens on a port has this kind of address
  await new Promise((done) => server.close(done));
  return port;
}
