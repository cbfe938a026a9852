// The events of an answer, to the frames of ConverseStream.
import type {
  Block,
  BlockDeltaEvent,
  BlockEndEvent,
  ChatEvent,
  FinishEvent,
  RouterError,
} from '../../contract/index.ts';
import { converseCitation } from '../../wire/converse-citation.ts';
import { createFrameEncoder } from '../../wire/event-stream.ts';
import { InOrder } from '../in-order.ts';
import type { AnswerContext, StreamEncoder } from '../protocol.ts';
import { quoted } from '../quoted.ts';
import { outwardOf } from '../reasoning-envelope.ts';
import {
  callHead,
  carriedSignature,
  imageFormatOf,
  mediaNote,
  redactedContent,
  resultItem,
  ServerCalls,
} from './answer-block.ts';
import { metadataOf, responseFieldsOf, stopReasonOf, usageOf } from './answer-end.ts';
import type { ConverseEcho } from './decode.ts';
import { exceptionFrame } from './error.ts';

const frameOf = (type: string) =>
  createFrameEncoder({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' });

/** Everything around a payload is made once for all answers. */
const FRAMES = {
  messageStart: frameOf('messageStart'),
  blockStart: frameOf('contentBlockStart'),
  delta: frameOf('contentBlockDelta'),
  blockStop: frameOf('contentBlockStop'),
  messageStop: frameOf('messageStop'),
  metadata: frameOf('metadata'),
};

const NOTHING = new Uint8Array(0);
/** Base64 goes in pieces of whole bytes: a frame holds no more than 16 MiB. */
const BYTES_LENGTH_MAX = 4 * 1024 * 1024;

interface OpenBlock {
  readonly block: Block;
  /** A delta around its JSON string; '': what the deltas say is not shown as they come. */
  readonly before: string;
  readonly after: string;
  /** Something of it has left, so that it has an index on the wire. */
  begun: boolean;
}

/** One per answer. Text and reasoning have no start of their own, as at Bedrock, so that a block without content is none. */
export class ConverseStreamEncoder implements StreamEncoder {
  /** There is no such frame. */
  readonly heartbeat = NOTHING;
  readonly #echo: ConverseEcho;
  readonly #order = new InOrder((event) => this.#take(event));
  readonly #calls = new ServerCalls();
  readonly #out: Uint8Array[] = [];
  /** Of the block on the wire. */
  #index = 0;
  #open: OpenBlock | undefined;

  constructor({ echo }: AnswerContext<ConverseEcho>) {
    this.#echo = echo;
  }

  push(event: ChatEvent): Uint8Array {
    this.#order.push(event);
    const out = this.#out;
    const [first = NOTHING] = out;
    const written = out.length > 1 ? Buffer.concat(out) : first;
    out.length = 0;
    return written;
  }

  fail(error: RouterError): Uint8Array {
    return exceptionFrame(error, 'converse');
  }

  #take(event: ChatEvent): void {
    switch (event.type) {
      case 'block-delta':
        this.#delta(event);
        return;
      case 'block-start':
        this.#start(event.block);
        return;
      case 'block-end':
        this.#end(event);
        return;
      case 'start':
        this.#out.push(FRAMES.messageStart('{"role":"assistant"}'));
        return;
      case 'finish':
        this.#finish(event);
    }
  }

  #start(block: Block): void {
    this.#open = { block, ...this.#around(block), begun: false };
    if (block.type === 'tool-call') {
      this.#calls.add(block);
      this.#begin(this.#open, { toolUse: callHead(block) });
    } else if (block.type === 'tool-result') {
      this.#begin(this.#open, { toolResult: this.#calls.resultHead(block.id) });
    }
  }

  #around({ type }: Block): Pick<OpenBlock, 'before' | 'after'> {
    const head = `{"contentBlockIndex":${this.#index},"delta":{`;
    switch (type) {
      case 'text':
        return { before: `${head}"text":`, after: '}}' };
      case 'reasoning':
        return { before: `${head}"reasoningContent":{"text":`, after: '}}}' };
      case 'tool-call':
        return { before: `${head}"toolUse":{"input":`, after: '}}}' };
      default:
        return { before: '', after: '' };
    }
  }

  #begin(open: OpenBlock, start: object): void {
    open.begun = true;
    this.#out.push(FRAMES.blockStart(JSON.stringify({ contentBlockIndex: this.#index, start })));
  }

  #delta({ text, citation }: BlockDeltaEvent): void {
    const open = this.#open;
    if (open === undefined) return;
    if (text !== '') {
      if (open.before !== '') {
        open.begun = true;
        this.#out.push(FRAMES.delta(open.before + quoted(text) + open.after));
      } else if (open.block.type === 'tool-result') this.#rawDelta(`"toolResult":[${resultItem(text)}]`);
    }
    if (citation === undefined || open.block.type !== 'text') return;
    const cited = converseCitation(citation);
    if (cited === undefined) return;
    open.begun = true;
    this.#rawDelta(`"citation":${JSON.stringify(cited)}`);
  }

  /** `member`: of the delta, as JSON text. */
  #rawDelta(member: string): void {
    this.#out.push(FRAMES.delta(`{"contentBlockIndex":${this.#index},"delta":{${member}}}`));
  }

  #stop(): void {
    this.#out.push(FRAMES.blockStop(`{"contentBlockIndex":${this.#index++}}`));
  }

  #end({ signature, data }: BlockEndEvent): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const { block } = open;
    switch (block.type) {
      case 'reasoning':
        this.#endReasoning(open, outwardOf(block.origin, signature), redactedContent(block.origin, data));
        return;
      case 'media':
        this.#media(open, block.mediaType, data);
        return;
      case 'tool-result':
        this.#stop();
        return;
      default:
        this.#endSigned(open, carriedSignature(block.origin, signature));
    }
  }

  #endReasoning(open: OpenBlock, signature: string | undefined, redacted: string | undefined): void {
    if (signature !== undefined) this.#rawDelta(`"reasoningContent":{"signature":${JSON.stringify(signature)}}`);
    if (open.begun || signature !== undefined) this.#stop();
    if (redacted !== undefined) this.#redacted(redacted);
  }

  /** The end of a text or a tool call. */
  #endSigned(open: OpenBlock, carried: string | undefined): void {
    // Without a block in front the signature would seem to be that of the one before.
    if (!open.begun && carried !== undefined) {
      open.begun = true;
      this.#rawDelta('"text":""');
    }
    if (open.begun) this.#stop();
    if (carried !== undefined) this.#redacted(carried);
  }

  #redacted(content: string): void {
    this.#rawDelta(`"reasoningContent":{"redactedContent":${JSON.stringify(content)}}`);
    this.#stop();
  }

  #media(open: OpenBlock, mediaType: string, data: string | undefined): void {
    const format = imageFormatOf(mediaType);
    if (format === undefined || !data) this.#rawDelta(`"text":${JSON.stringify(mediaNote(mediaType))}`);
    else {
      this.#begin(open, { image: { format } });
      for (let at = 0; at < data.length; at += BYTES_LENGTH_MAX) {
        const piece = data.slice(at, at + BYTES_LENGTH_MAX);
        this.#rawDelta(`"image":{"source":{"bytes":${JSON.stringify(piece)}}}`);
      }
    }
    this.#stop();
  }

  #finish(finish: FinishEvent): void {
    const fields = responseFieldsOf(finish, this.#echo);
    const stop = {
      stopReason: stopReasonOf(finish),
      ...(fields === undefined ? {} : { additionalModelResponseFields: fields }),
    };
    this.#out.push(FRAMES.messageStop(JSON.stringify(stop)));
    const metadata = { usage: usageOf(finish.usage), ...metadataOf(finish, this.#echo) };
    this.#out.push(FRAMES.metadata(JSON.stringify(metadata)));
  }
}
