// A canonical conversation as the items of Responses: each call has its output behind it, whatever the client left out.
import type { ChatRequest, Message, Part, ReasoningPart, ToolCallPart, ToolResultPart } from '@turnout/core/contract';
import { CallIds } from '@turnout/core/plugin';
import type { Draft } from './content.ts';
import { MEDIA_SETTINGS, mediaParts } from './media.ts';
import { notePart } from './part-losses.ts';
import type { LocalNames } from './responses-tools.ts';
import { type Bag, type ContentPart, isBag, textIn } from './wire.ts';

/** "Invalid 'input[2].call_id': string too long. Expected a string with maximum length 64" (OpenAI, 2025). */
const CALL_ID_LENGTH_MAX = 64;
const CALL_ID = /^[\x21-\x7e]{1,64}$/;

/** Whose reasoning Responses take back as it is. */
export const OPENAI_ORIGIN = 'openai';

/** The items of a request's messages. Throws RouterError `unsupported` for media that cannot be sent. */
export function writeItems(request: ChatRequest, draft: Draft, local: LocalNames): Bag[] {
  const writer = new ItemsWriter(draft, local);
  for (const message of request.messages) writer.write(message);
  writer.end();
  return writer.items;
}

interface OpenCall {
  readonly wireId: string;
  readonly custom: boolean;
}

class ItemsWriter {
  readonly items: Bag[] = [];
  readonly #draft: Draft;
  readonly #local: LocalNames;
  readonly #ids = new CallIds(CALL_ID, CALL_ID_LENGTH_MAX);
  /** Calls without an output so far, by the client's id. */
  #waiting = new Map<string, OpenCall[]>();

  constructor(draft: Draft, local: LocalNames) {
    this.#draft = draft;
    this.#local = local;
  }

  write({ role, parts }: Message): void {
    if (role === 'assistant') {
      this.#answer(parts);
      return;
    }
    for (const part of parts) if (part.type === 'tool-result' && !part.server) this.#result(part);
    this.end();
    const content: Bag[] = [];
    for (const part of parts) if (part.type !== 'tool-result' || part.server) content.push(...this.#shown(part));
    if (content.length > 0)
      this.items.push({ type: 'message', role: role === 'system' ? 'developer' : 'user', content });
  }

  /** Calls that nobody has answered would be refused. */
  end(): void {
    for (const { wireId, custom } of [...this.#waiting.values()].flat()) {
      this.#draft.losses.approximate('messages', 'a tool call without a result gets an error as its result');
      this.#output(wireId, custom, 'Error: the call has no result.');
    }
    this.#waiting = new Map();
  }

  /** What the model said, in its order: text that stands together is one message. */
  #answer(parts: readonly Part[]): void {
    const { losses } = this.#draft;
    let message: { content: Bag[]; phase: unknown } | undefined;
    for (const part of parts) {
      if (!isRaw(part)) notePart(part, this.#draft, ['refusal'], ['phase']);
      if (part.type === 'text') {
        const phase = part.extensions?.['openai-responses']?.phase;
        if (message === undefined || message.phase !== phase) {
          message = { content: [], phase };
          this.items.push({
            ...{ type: 'message', role: 'assistant', content: message.content },
            ...(typeof phase === 'string' ? { phase } : {}),
          });
        }
        const refused = part.extensions?.['openai-chat']?.refusal === true;
        message.content.push(
          refused ? { type: 'refusal', refusal: part.text } : { type: 'output_text', text: part.text },
        );
        if (part.citations !== undefined) losses.drop('citations', 'citations are not sent again');
        continue;
      }
      message = undefined;
      if (part.type === 'reasoning') this.#reasoning(part);
      else if (part.type === 'tool-call') this.#call(part);
      // The item of the call that it belongs to holds it.
      else if (part.type === 'tool-result' && part.server) continue;
      else losses.drop('messages', `an answer holds no ${part.type}`);
    }
  }

  #reasoning({ text, data, signature, origin }: ReasoningPart): void {
    if (signature === undefined || data !== undefined || origin !== OPENAI_ORIGIN) {
      this.#draft.losses.drop('reasoning-history', 'reasoning of another model family is not sent');
      return;
    }
    const summary = text === undefined || text === '' ? [] : [{ type: 'summary_text', text }];
    this.items.push({ type: 'reasoning', summary, encrypted_content: signature });
  }

  #call(part: ToolCallPart): void {
    const { id, name, input, custom } = part;
    const raw = rawItem(part);
    if (part.server) {
      if (raw === undefined) this.#draft.losses.drop('messages', "calls of another vendor's own tools are not sent");
      else this.items.push(raw);
      return;
    }
    const wireId = raw === undefined ? this.#ids.next(id) : id;
    const isFree = custom === true && this.#draft.dialect.customTools;
    const open = { wireId, custom: isFree };
    const queue = this.#waiting.get(id);
    // Clients give two calls of a turn the same id at times: then the first result is the first call's.
    if (queue === undefined) this.#waiting.set(id, [open]);
    else queue.push(open);
    const called = { call_id: wireId, ...this.#local.local(name) };
    const args = custom ? JSON.stringify({ input }) : input.trim() === '' ? '{}' : input;
    const item = isFree
      ? { type: 'custom_tool_call', ...called, input }
      : { type: 'function_call', ...called, arguments: args };
    this.items.push(raw ?? item);
  }

  #result(part: ToolResultPart): void {
    const { losses } = this.#draft;
    const raw = rawItem(part);
    if (raw === undefined) notePart(part, this.#draft, [], []);
    const call = this.#waiting.get(part.id)?.shift();
    if (call === undefined) {
      losses.drop('messages', 'a tool result without a call in the answer before it is not sent');
      return;
    }
    if (raw !== undefined) {
      this.items.push(raw);
      return;
    }
    const content = part.parts.flatMap((inner) => this.#shown(inner));
    const failed =
      part.error === true && !content.some(({ text }) => /error|fail/i.test((textIn(text) ?? '').slice(0, 100)));
    if (failed) {
      losses.approximate('messages', 'that a tool has failed is said in words');
      content.unshift({ type: 'input_text', text: 'Error:' });
    }
    const isText = content.every(({ type }) => type === 'input_text');
    this.#output(
      call.wireId,
      call.custom,
      isText ? content.map(({ text }) => textIn(text) ?? '').join('\n\n') : content,
    );
  }

  #output(callId: string, custom: boolean, output: string | readonly Bag[]): void {
    this.items.push({ type: custom ? 'custom_tool_call_output' : 'function_call_output', call_id: callId, output });
  }

  /** What a user says, or a tool. */
  #shown(part: Part): Bag[] {
    const { losses, dialect } = this.#draft;
    notePart(part, this.#draft, MEDIA_SETTINGS, MEDIA_SETTINGS);
    if (part.type === 'text') return [{ type: 'input_text', text: part.text }];
    if (part.type === 'media') {
      const own = part.extensions?.['openai-responses']?.detail;
      return mediaParts(part, dialect, losses).map((written) => inputPart(written, own));
    }
    losses.drop('messages', `a message of the user holds no ${part.type}`);
    return [];
  }
}

/** An item of OpenAI's own tools, as the client sent it. */
function rawItem({ extensions }: ToolCallPart | ToolResultPart): Bag | undefined {
  return Object.entries(extensions?.['openai-responses'] ?? {}).flatMap(([type, item]) =>
    isBag(item) && item.type === type ? [item] : [],
  )[0];
}

const isRaw = (part: Part): boolean => part.type === 'tool-call' && rawItem(part) !== undefined;

/** A part of chat completions in the words of Responses. */
function inputPart(part: ContentPart, detail: unknown): Bag {
  if (part.type === 'text') return { type: 'input_text', text: part.text };
  if (part.type === 'image_url' && 'image_url' in part && isBag(part.image_url)) {
    const { url, ...beside } = part.image_url;
    return { type: 'input_image', image_url: url, ...(typeof detail === 'string' ? { detail } : {}), ...beside };
  }
  if (part.type === 'file' && 'file' in part && isBag(part.file)) {
    const { filename, file_data: data } = part.file;
    const isLink = typeof data === 'string' && /^https?:/i.test(data);
    // A link has its own name.
    return isLink ? { type: 'input_file', file_url: data } : { type: 'input_file', filename, file_data: data };
  }
  return { ...part };
}
