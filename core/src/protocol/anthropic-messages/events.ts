// The events of an answer, to the events of Messages as JSON text: without framing, which is its user's.
import {
  type Block,
  type BlockDeltaEvent,
  type BlockEndEvent,
  type BlockStartEvent,
  type ChatEvent,
  type Extensions,
  type FinishEvent,
  RouterError,
} from '../../contract/index.ts';
import { messagesCitation } from '../../wire/index.ts';
import { InOrder } from '../in-order.ts';
import type { AnswerContext } from '../protocol.ts';
import { quoted } from '../quoted.ts';
import { outwardOf } from '../reasoning-envelope.ts';
import { blocksOf, callHead, mediaNote, redactedBlock, signatureOf } from './answer-block.ts';
import { answerEndOf, answerExtrasOf, lastUsageOf, startUsageOf } from './answer-end.ts';
import type { MessagesEcho } from './decode.ts';
import { rawBlockOf } from './raw-block.ts';

/** How much is gathered of a block that leaves whole, in UTF-16 units. */
const GATHERED_LENGTH_MAX = 4 * 1024 * 1024;

/** `type`: also the name of the server-sent event. `json`: the whole event. */
export type EmitEvent = (type: string, json: string) => void;

const TEXT_HEAD = '{"type":"text","text":""}';
const THINKING_HEAD = '{"type":"thinking","thinking":"","signature":""}';

interface OpenBlock {
  readonly block: Block;
  readonly extensions: Extensions | undefined;
  /** The JSON of `content_block`, sent when there is something to show. */
  readonly head: string;
  /** A delta up to its JSON string; '': deltas are gathered, for a block that leaves whole at its end. */
  readonly before: string;
  text: string;
  begun: boolean;
}

/** One per answer. Everything around a delta's own text is made once a block, so that a delta costs one JSON string. */
export class MessagesEvents {
  readonly #context: AnswerContext<MessagesEcho>;
  readonly #emit: EmitEvent;
  readonly #order = new InOrder((event) => this.#take(event));
  /** Of the next block on the wire. */
  #index = 0;
  #open: OpenBlock | undefined;

  /** `emit` is called within `push`, for each event that the client is to get: `ping` too, after `message_start`. */
  constructor(context: AnswerContext<MessagesEcho>, emit: EmitEvent) {
    this.#context = context;
    this.#emit = emit;
  }

  /** Throws `upstream-failed` for an event that the grammar does not allow here. */
  push(event: ChatEvent): void {
    this.#order.push(event);
  }

  #take(event: ChatEvent): void {
    switch (event.type) {
      case 'block-delta':
        this.#delta(event);
        return;
      case 'block-start':
        this.#open = this.#opened(event);
        return;
      case 'block-end':
        this.#end(event);
        return;
      case 'start': {
        const message = { ...messageHead(this.#context), content: [], stop_reason: null, stop_sequence: null };
        const usage = startUsageOf(event.usage);
        const start = { type: 'message_start', message: { ...message, stop_details: null, usage } };
        this.#emit('message_start', JSON.stringify(start));
        this.#emit('ping', PING);
        return;
      }
      case 'finish':
        this.#finish(event);
    }
  }

  #opened({ block, extensions }: BlockStartEvent): OpenBlock {
    const open = { block, extensions, text: '', begun: false };
    const gathered = { ...open, head: '', before: '' };
    switch (block.type) {
      case 'text':
        return rawBlockOf(extensions)
          ? gathered
          : { ...open, head: TEXT_HEAD, before: this.#before('text_delta', 'text') };
      case 'media':
        return { ...open, head: TEXT_HEAD, before: this.#before('text_delta', 'text') };
      case 'reasoning':
        return { ...open, head: THINKING_HEAD, before: this.#before('thinking_delta', 'thinking') };
      case 'tool-call': {
        const fields = callHead(block, extensions);
        // The SDK's helper and the AI SDK read the input of an MCP server's call where its block begins, and nowhere else
        // (2026-11): it leaves whole.
        if (fields.type === 'mcp_tool_use') return gathered;
        const head = JSON.stringify({ ...fields, input: {} });
        const call = { ...open, head, before: this.#before('input_json_delta', 'partial_json') };
        this.#begin(call);
        // As Anthropic does: there are clients that look for a delta to have a call at all.
        this.#emit('content_block_delta', `${call.before}""}}`);
        return call;
      }
      case 'tool-result':
        return gathered;
    }
  }

  #before(type: string, field: string): string {
    return `{"type":"content_block_delta","index":${this.#index},"delta":{"type":"${type}","${field}":`;
  }

  #delta({ text, citation }: BlockDeltaEvent): void {
    const open = this.#open;
    if (open === undefined || open.block.type === 'media') return;
    if (text !== '') {
      if (open.before === '') {
        open.text += text;
        if (open.text.length > GATHERED_LENGTH_MAX)
          throw new RouterError('upstream-failed', 'a block of the answer is longer than can be held back');
      } else {
        if (!open.begun) this.#begin(open);
        this.#emit('content_block_delta', `${open.before}${quoted(text)}}}`);
      }
    }
    if (citation === undefined || open.block.type !== 'text' || open.before === '') return;
    const cited = messagesCitation(citation);
    if (cited === undefined) return;
    if (!open.begun) this.#begin(open);
    this.#emitDelta({ type: 'citations_delta', citation: cited });
  }

  #begin(open: OpenBlock): void {
    open.begun = true;
    this.#emit(
      'content_block_start',
      `{"type":"content_block_start","index":${this.#index},"content_block":${open.head}}`,
    );
  }

  #emitDelta(delta: object): void {
    this.#emit('content_block_delta', JSON.stringify({ type: 'content_block_delta', index: this.#index, delta }));
  }

  #stop(): void {
    this.#emit('content_block_stop', `{"type":"content_block_stop","index":${this.#index++}}`);
  }

  /** A block without deltas. */
  #whole(content: string): void {
    this.#emit(
      'content_block_start',
      `{"type":"content_block_start","index":${this.#index},"content_block":${content}}`,
    );
    this.#stop();
  }

  #end({ signature, data, extensions }: BlockEndEvent): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const { block, text } = open;
    const signed = { block, ...(signature === undefined ? {} : { signature }) };
    if (open.before === '') {
      const all = { ...open.extensions, ...extensions };
      for (const json of blocksOf({ ...signed, text, extensions: all })) this.#whole(json);
    } else if (block.type === 'reasoning') {
      this.#endReasoning(open, outwardOf(block.origin, signature), outwardOf(block.origin, data));
    } else if (block.type === 'media') {
      this.#begin(open);
      this.#emitDelta({ type: 'text_delta', text: mediaNote(block.mediaType) });
      this.#stop();
    } else this.#endSigned(open, signatureOf(signed));
  }

  #endReasoning(open: OpenBlock, signature: string | undefined, data: string | undefined): void {
    if (signature !== undefined) {
      if (!open.begun) this.#begin(open);
      this.#emitDelta({ type: 'signature_delta', signature });
    }
    if (open.begun) this.#stop();
    if (data !== undefined) this.#whole(redactedBlock(data));
  }

  /** The end of a text or a tool call, and behind it what carries its signature. */
  #endSigned(open: OpenBlock, carriers: readonly string[]): void {
    // Without a block in front the signature would seem to be that of the one before.
    if (!open.begun && carriers.length > 0) this.#begin(open);
    if (open.begun) this.#stop();
    for (const carrier of carriers) this.#whole(carrier);
  }

  #finish(finish: FinishEvent): void {
    const { container, ...extras } = answerExtrasOf(finish);
    const delta = { ...answerEndOf(finish), ...(container === undefined ? {} : { container }) };
    const end = { type: 'message_delta', delta, usage: lastUsageOf(finish), ...extras };
    this.#emit('message_delta', JSON.stringify(end));
    this.#emit('message_stop', '{"type":"message_stop"}');
  }
}

export const PING = '{"type":"ping"}';

/** The fields that every answer begins with. */
export const messageHead = ({ requestId, model }: AnswerContext<MessagesEcho>) =>
  ({ id: `msg_${requestId}`, type: 'message', role: 'assistant', model }) as const;
