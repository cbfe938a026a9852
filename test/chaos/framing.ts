// The five framings as a client that trusts nothing sees them: how a request is written, and what an answer turned out to be.
import { type Frame, FrameReader } from '../../core/src/wire/index.ts';

export const FRAMINGS = ['chat', 'responses', 'messages', 'converse', 'invoke'] as const;
export type Framing = (typeof FRAMINGS)[number];

export interface WireRequest {
  readonly path: string;
  readonly body: string;
}

export interface Question {
  readonly model: string;
  readonly text: string;
  readonly stream: boolean;
}

/** A request for some words. */
export function writeRequest(framing: Framing, { model, text, stream }: Question): WireRequest {
  const plain = [{ role: 'user', content: text }];
  const name = encodeURIComponent(model);
  switch (framing) {
    case 'chat':
      return wire('/v1/chat/completions', {
        model,
        messages: plain,
        stream,
        ...(stream && { stream_options: { include_usage: true } }),
      });
    case 'responses':
      return wire('/v1/responses', { model, input: text, stream });
    case 'messages':
      return wire('/v1/messages', { model, messages: plain, max_tokens: 4000, stream });
    case 'converse': {
      const messages = [{ role: 'user', content: [{ text }] }];
      return wire(`/model/${name}/converse${stream ? '-stream' : ''}`, {
        messages,
        inferenceConfig: { maxTokens: 4000 },
      });
    }
    case 'invoke': {
      const body = { anthropic_version: 'bedrock-2023-05-31', messages: plain, max_tokens: 4000 };
      return wire(`/model/${name}/invoke${stream ? '-with-response-stream' : ''}`, body);
    }
  }
}

const wire = (path: string, body: object): WireRequest => ({ path, body: JSON.stringify(body) });

/** What an answer says, as far as it has come. */
export interface Told {
  text: string;
  /** The mark of the protocol that says: this is all. */
  ended: boolean;
  /** The failure in the protocol's own shape. */
  failure?: string;
  inputTokens?: number;
  outputTokens?: number;
  /** What no protocol allows. */
  readonly faults: string[];
}

// JSON of an answer: read where it is what it should be, else undefined.
type Bag = Readonly<Record<string, unknown>>;
const bagOf = (value: unknown): Bag => (typeof value === 'object' && value !== null ? (value as Bag) : {});
const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((inner, key) => bagOf(inner)[key], value);
const textAt = (value: unknown, ...path: readonly (string | number)[]): string => {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
};
const numberAt = (value: unknown, ...path: readonly (string | number)[]): number | undefined => {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
};

function takeUsage(told: Told, usage: unknown, input: string, output: string): void {
  const [inputTokens, outputTokens] = [numberAt(usage, input), numberAt(usage, output)];
  if (inputTokens !== undefined) told.inputTokens = inputTokens;
  if (outputTokens !== undefined) told.outputTokens = outputTokens;
}

/** Reads a streamed answer. Never throws: what is wrong is noted. */
export interface StreamReader {
  readonly told: Told;
  push(chunk: Buffer): void;
  /** The connection has ended as if all had come. */
  close(): void;
}

export function createStreamReader(framing: Framing): StreamReader {
  const told: Told = { text: '', ended: false, faults: [] };
  const read = EVENTS[framing];
  const state: StreamState = { told, open: new Set(), sequence: 0 };
  const take = (name: string, data: string): void => {
    // Responses tells a failure twice: SDKs know the one or the other.
    const again = framing === 'responses' && name === 'error' && !told.ended;
    if ((told.ended || told.failure !== undefined) && !again)
      told.faults.push(`an event after the end: ${name} ${data.slice(0, 80)}`);
    try {
      read(state, name, data === '[DONE]' ? DONE : JSON.parse(data));
    } catch (error) {
      told.faults.push(`unreadable event ${name}: ${String(error)}: ${data.slice(0, 80)}`);
    }
  };
  return framing === 'converse' || framing === 'invoke' ? frameReader(told, take) : sseReader(told, take);
}

const DONE = Symbol('[DONE]');

interface StreamState {
  readonly told: Told;
  /** Blocks that have begun and not ended. */
  readonly open: Set<number>;
  sequence: number;
}

function sseReader(told: Told, take: (name: string, data: string) => void): StreamReader {
  const decoder = new TextDecoder();
  let rest = '';
  return {
    told,
    push(chunk) {
      rest += decoder.decode(chunk, { stream: true });
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        const lines = rest.slice(0, end).split('\n');
        rest = rest.slice(end + 2);
        const field = (name: string) =>
          lines
            .find((line) => line.startsWith(name))
            ?.slice(name.length)
            .trim();
        const data = field('data:');
        if (data !== undefined) take(field('event:') ?? '', data);
        else if (lines.some((line) => !line.startsWith(':')))
          told.faults.push(`no event: ${lines.join('|').slice(0, 80)}`);
      }
    },
    close() {
      if (rest !== '') told.faults.push(`half an event at the end: ${rest.slice(0, 80)}`);
    },
  };
}

function frameReader(told: Told, take: (name: string, data: string) => void): StreamReader {
  const reader = new FrameReader();
  const guard = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      told.faults.push(`frames: ${String(error)}`);
    }
  };
  const takeFrame = (frame: Frame): void => {
    const { messageType: type, exceptionType: exception, eventType: event } = frame.headers;
    if (type === 'exception') {
      if (told.ended || told.failure !== undefined) told.faults.push('an exception after the end');
      told.failure = String(exception);
    } else take(String(event), frame.text());
  };
  return {
    told,
    push(chunk) {
      guard(() => {
        reader.push(chunk);
        for (let frame = reader.next(); frame !== undefined; frame = reader.next()) takeFrame(frame);
      });
    },
    close: () => guard(() => reader.end()),
  };
}

type ReadEvent = (state: StreamState, name: string, event: unknown) => void;

const readChat: ReadEvent = ({ told }, _name, event) => {
  if (event === DONE) {
    told.ended = true;
    return;
  }
  const error = at(event, 'error');
  if (error !== undefined) {
    told.failure = textAt(error, 'code') || textAt(error, 'type') || textAt(error, 'message') || 'error';
    return;
  }
  told.text += textAt(event, 'choices', 0, 'delta', 'content');
  takeUsage(told, at(event, 'usage'), 'prompt_tokens', 'completion_tokens');
};

const readResponses: ReadEvent = (state, name, event) => {
  const { told } = state;
  const type = textAt(event, 'type');
  if (name !== type) told.faults.push(`event ${name} says it is ${type}`);
  if (numberAt(event, 'sequence_number') !== state.sequence++)
    told.faults.push(`${type}: not number ${state.sequence - 1}`);
  if (type === 'response.output_text.delta') told.text += textAt(event, 'delta');
  else if (type === 'response.failed' || type === 'error') {
    told.failure = textAt(event, 'response', 'error', 'code') || textAt(event, 'code') || 'error';
  } else if (type === 'response.completed' || type === 'response.incomplete') {
    told.ended = true;
    takeUsage(told, at(event, 'response', 'usage'), 'input_tokens', 'output_tokens');
  }
};

const readMessages: ReadEvent = (state, name, event) => {
  const { told, open } = state;
  const own = textAt(event, 'type');
  // SDKs go by the name where there is one.
  const type = name === 'chunk' || name === '' ? own : name;
  if (own !== type) told.faults.push(`event ${name} says it is ${own}`);
  const index = numberAt(event, 'index') ?? -1;
  if (type === 'message_start') takeUsage(told, at(event, 'message', 'usage'), 'input_tokens', 'output_tokens');
  else if (type === 'content_block_start') open.add(index);
  else if (type === 'content_block_delta') {
    if (!open.has(index)) told.faults.push(`a delta of block ${index}, which is not open`);
    told.text += textAt(event, 'delta', 'text');
  } else if (type === 'content_block_stop') {
    if (!open.delete(index)) told.faults.push(`the end of block ${index}, which is not open`);
  } else if (type === 'message_delta') takeUsage(told, at(event, 'usage'), 'input_tokens', 'output_tokens');
  else if (type === 'message_stop') {
    told.ended = true;
    if (open.size > 0) told.faults.push('the message ends inside a block');
  } else if (type === 'error') told.failure = textAt(event, 'error', 'type') || 'error';
};

const readInvoke: ReadEvent = (state, name, event) => {
  const inner: unknown = JSON.parse(Buffer.from(textAt(event, 'bytes'), 'base64').toString());
  readMessages(state, name, inner);
};

const readConverse: ReadEvent = ({ told }, name, event) => {
  if (name === 'contentBlockDelta') told.text += textAt(event, 'delta', 'text');
  // `messageStop` comes first, and `metadata` with the tokens is the last.
  else if (name === 'metadata') {
    told.ended = true;
    takeUsage(told, at(event, 'usage'), 'inputTokens', 'outputTokens');
  }
};

const EVENTS: Readonly<Record<Framing, ReadEvent>> = {
  chat: readChat,
  responses: readResponses,
  messages: readMessages,
  converse: readConverse,
  invoke: readInvoke,
};

/** Reads an answer that was not streamed, or a refusal. */
export function readWhole(
  framing: Framing,
  status: number,
  headers: Readonly<Record<string, unknown>>,
  body: string,
): Told {
  const told: Told = { text: '', ended: false, faults: [] };
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    told.faults.push(`status ${status} with what is no JSON: ${body.slice(0, 80)}`);
    return told;
  }
  if (status >= 400) {
    told.failure = failureOf(framing, headers, json);
    if (told.failure === '') told.faults.push(`status ${status} in no shape of ${framing}: ${body.slice(0, 200)}`);
    return told;
  }
  told.ended = true;
  const blocks = (value: unknown): string =>
    Array.isArray(value) ? value.map((block) => textAt(block, 'text')).join('') : '';
  if (framing === 'chat') {
    told.text = textAt(json, 'choices', 0, 'message', 'content');
    takeUsage(told, at(json, 'usage'), 'prompt_tokens', 'completion_tokens');
  } else if (framing === 'responses') {
    const output = at(json, 'output');
    told.text = Array.isArray(output) ? output.map((item) => blocks(at(item, 'content'))).join('') : '';
    takeUsage(told, at(json, 'usage'), 'input_tokens', 'output_tokens');
    if (textAt(json, 'status') === 'failed') told.faults.push('a failed response with status 200');
  } else if (framing === 'converse') {
    told.text = blocks(at(json, 'output', 'message', 'content'));
    takeUsage(told, at(json, 'usage'), 'inputTokens', 'outputTokens');
  } else {
    told.text = blocks(at(json, 'content'));
    takeUsage(told, at(json, 'usage'), 'input_tokens', 'output_tokens');
  }
  return told;
}

/** The name of the failure; '' when the shape is not the framing's own. */
export function failureOf(framing: Framing, headers: Readonly<Record<string, unknown>>, json: unknown): string {
  if (framing === 'converse' || framing === 'invoke') {
    const named = headers['x-amzn-errortype'];
    return typeof at(json, 'message') === 'string' && typeof named === 'string' ? named : '';
  }
  if (textAt(json, 'error', 'message') === '') return '';
  if (framing === 'messages' && at(json, 'type') !== 'error') return '';
  return textAt(json, 'error', 'type');
}
