// An imported model's answer in OpenAI's chat form, whole or in chunks, read through the same reader as Converse's.
import { RouterError } from '@turnout/core/contract';
import { isObject } from '@turnout/core/plugin';
import type { AnswerReader } from './answer.ts';
import type { ChatAnswer, ChatCall, ChatDelta } from './chat-wire.ts';
import { brokenAnswer } from './error.ts';

// In Converse's words, so that one table says what they mean to a client.
const STOP_REASONS: ReadonlyMap<string, string> = new Map([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
  ['function_call', 'tool_use'],
  ['content_filter', 'content_filtered'],
]);

/** Places in the answer: text and reasoning have one each, the calls follow. */
const TEXT = 0;
const REASONING = 1;
const FIRST_CALL = 2;

/** Reads chunk after chunk. What comes before another kind of block closes the one before. */
export class ChatReader {
  readonly #reader: AnswerReader;
  #open: number | undefined;
  #usage: { inputTokens: number; outputTokens: number; totalTokens: number } | undefined;
  #stopped = false;

  constructor(reader: AnswerReader) {
    this.#reader = reader;
  }

  /** Throws RouterError `upstream-failed` for a chunk that is no object. */
  read(chunk: unknown, label: string): void {
    if (!isObject(chunk)) throw notChat(label);
    // A server's own form of OpenAI's: what is missing is left out, and a member of another type breaks the answer.
    const { choices, usage, 'amazon-bedrock-invocationMetrics': metrics } = chunk as ChatAnswer;
    this.#reader.start();
    const choice = choices?.[0];
    const delta = choice?.delta ?? choice?.message;
    if (delta !== undefined && delta !== null) this.#delta(delta);
    const inputTokens = usage?.prompt_tokens ?? metrics?.inputTokenCount;
    const outputTokens = usage?.completion_tokens ?? metrics?.outputTokenCount;
    if (inputTokens !== undefined && outputTokens !== undefined) {
      this.#usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
    }
    const reason = choice?.finish_reason;
    if (typeof reason === 'string' && !this.#stopped) {
      this.#stopped = true;
      this.#reader.messageStop({ stopReason: STOP_REASONS.get(reason) ?? reason });
    }
    // Some servers count in every chunk: the count that goes with the end is the whole one.
    if (this.#stopped && this.#usage !== undefined && !this.#reader.finished)
      this.#reader.metadata({ usage: this.#usage });
  }

  #delta({ content, reasoning_content, reasoning, tool_calls }: ChatDelta): void {
    const thought = reasoning_content ?? reasoning;
    if (typeof thought === 'string' && thought !== '') {
      this.#turnTo(REASONING);
      this.#reader.blockDelta({ contentBlockIndex: REASONING, delta: { reasoningContent: { text: thought } } });
    }
    if (typeof content === 'string' && content !== '') {
      this.#turnTo(TEXT);
      this.#reader.textDelta(TEXT, content);
    }
    for (const [position, call] of (tool_calls ?? []).entries())
      this.#call(call, FIRST_CALL + (call.index ?? position));
  }

  #call({ id, function: called }: ChatCall, at: number): void {
    const { name, arguments: input } = called ?? {};
    if (this.#open !== at && typeof name === 'string' && name !== '') {
      this.#turnTo(at);
      const toolUse = { toolUseId: id ?? `call_${at - FIRST_CALL}`, name };
      this.#reader.blockStart({ contentBlockIndex: at, start: { toolUse } });
    }
    if (typeof input !== 'string' || input === '') return;
    this.#reader.blockDelta({ contentBlockIndex: at, delta: { toolUse: { input } } });
  }

  #turnTo(at: number): void {
    if (this.#open === at) return;
    if (this.#open !== undefined) this.#reader.blockStop({ contentBlockIndex: this.#open });
    this.#open = at;
  }
}

/** The payload of a `chunk` frame: base64 of the model's own JSON. Throws RouterError `upstream-failed`. */
export function readChunk(payload: string, label: string): unknown {
  try {
    const { bytes } = JSON.parse(payload) as { bytes?: unknown }; // looked at in the next line
    if (typeof bytes !== 'string') throw notChat(label);
    return JSON.parse(Buffer.from(bytes, 'base64').toString('utf8'));
  } catch (error) {
    throw RouterError.is(error) ? error : notChat(label, error);
  }
}

/** Hands a whole answer to the reader. Throws RouterError `upstream-failed`. */
export function readChatAnswer(text: string, reader: AnswerReader, label: string): void {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    throw notChat(label, error);
  }
  if (!isObject(answer) || !Array.isArray(answer.choices)) throw notChat(label);
  new ChatReader(reader).read(answer, label);
  reader.end();
}

const notChat = (label: string, cause?: unknown): RouterError =>
  brokenAnswer(
    label,
    "the answer is not in OpenAI's chat form, which is asked of imported models (older imports answer in their own form only)",
    { cause },
  );
