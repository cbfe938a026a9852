// The events of an answer, to chat completion chunks as server-sent events.
import type { Block, BlockEndEvent, BlockStartEvent, ChatEvent, FinishEvent } from '../../contract/index.ts';
import { RouterError } from '../../contract/index.ts';
import type { AnswerContext, StreamEncoder } from '../protocol.ts';
import { quoted } from '../quoted.ts';
import { SSE_PING, sseData } from '../sse.ts';
import { WholeCharacters } from '../whole-characters.ts';
import { answerExtrasOf } from './answer-extras.ts';
import type { ChatEcho } from './decode.ts';
import { completionId, finishReasonOf, imagesOf, isRefusal, usageOf } from './encode.ts';
import { errorBody } from './error.ts';
import { reasoningDetailsOf } from './reasoning-details.ts';
import type { ChatFinishReason } from './wire.ts';

/** How much of later blocks is held back while an earlier one of their kind is open. */
const HELD_LENGTH_MAX = 1024 * 1024;

const DONE = sseData('[DONE]');

/** A field of the message that takes one block at a time: chat cannot say which of two text blocks a delta belongs to,
 * and the openai SDK takes a tool call as complete when the next begins. */
interface Lane {
  open: OpenBlock | undefined;
  readonly waiting: OpenBlock[];
}

interface OpenBlock {
  readonly block: Block;
  readonly refusal: boolean;
  /** undefined: nothing of this block is shown. */
  readonly lane: Lane | undefined;
  /** Sent when its turn comes. */
  readonly opening: string;
  /** Around the JSON string of a delta. */
  readonly before: string;
  readonly after: string;
  readonly characters: WholeCharacters;
  text: string;
  length: number;
  held: string;
  ended: boolean;
  signature: string | undefined;
  data: string | undefined;
}

/** Where the deltas of a block go. */
type Place = Pick<OpenBlock, 'lane' | 'opening' | 'before' | 'after'>;

const NOWHERE: Place = { lane: undefined, opening: '', before: '', after: '' };
const newLane = (): Lane => ({ open: undefined, waiting: [] });

/** One per answer. Everything around a delta's own text is made once, so that a delta costs one JSON string. */
export class ChatStreamEncoder implements StreamEncoder {
  readonly heartbeat = SSE_PING;
  readonly #echo: ChatEcho;
  /** The members that every chunk begins with. */
  readonly #answer: string;
  /** A chunk up to the inside of `delta`, and from its end. */
  readonly #head: string;
  readonly #tail: string;
  readonly #content: Place;
  readonly #refusal: Place;
  readonly #reasoning: Place;
  readonly #calls = newLane();
  readonly #blocks = new Map<number, OpenBlock>();
  #callCount = 0;
  #heldLength = 0;
  #last: OpenBlock | undefined;
  #lastIndex = -1;

  constructor({ requestId, model, createdS, echo }: AnswerContext<ChatEcho>) {
    this.#echo = echo;
    const id = JSON.stringify(completionId(requestId));
    this.#answer = `"id":${id},"object":"chat.completion.chunk","created":${createdS},"model":${JSON.stringify(model)}`;
    this.#head = `data: {${this.#answer},"choices":[{"index":0,"delta":{`;
    this.#tail = this.#tailOf(null);
    this.#content = this.#place('content');
    this.#refusal = this.#place('refusal');
    this.#reasoning = this.#place('reasoning_content');
  }

  push(event: ChatEvent): string {
    switch (event.type) {
      case 'block-delta': {
        const open = this.#open(event.index);
        return this.#delta(open, open.characters.take(event.text));
      }
      case 'block-start':
        return this.#startBlock(event);
      case 'block-end':
        return this.#endBlock(event);
      case 'start':
        return `${this.#head}"role":"assistant","content":""${this.#tail}`;
      case 'finish':
        return this.#finish(event);
    }
  }

  fail(error: RouterError): string {
    return sseData(errorBody(error));
  }

  #tailOf(finishReason: ChatFinishReason | null, extras = ''): string {
    // OpenAI sends the null when usage is asked for, so that a client can tell it from the last chunk.
    const usage = this.#echo.includeUsage ? ',"usage":null' : '';
    return `},"finish_reason":${JSON.stringify(finishReason)}}]${usage}${extras}}\n\n`;
  }

  #place(field: string): Place {
    return { lane: newLane(), opening: '', before: `${this.#head}"${field}":`, after: this.#tail };
  }

  #open(index: number): OpenBlock {
    const open = index === this.#lastIndex ? this.#last : this.#blocks.get(index);
    if (!open) throw new RouterError('upstream-failed', `the answer speaks of block ${index}, which is not open`);
    this.#last = open;
    this.#lastIndex = index;
    return open;
  }

  #delta(open: OpenBlock, text: string): string {
    if (open.lane === undefined || text === '') return '';
    open.length += text.length;
    if (open.block.type === 'reasoning') open.text += text;
    if (open.lane.open === open) return open.before + quoted(text) + open.after;
    open.held += text;
    this.#heldLength += text.length;
    if (this.#heldLength > HELD_LENGTH_MAX) {
      throw new RouterError('upstream-failed', 'the answer interleaves more blocks than can be held back');
    }
    return '';
  }

  #startBlock({ index, block, extensions }: BlockStartEvent): string {
    const refusal = extensions !== undefined && isRefusal({ extensions });
    const open: OpenBlock = {
      ...this.#placeOf(block, refusal),
      ...{
        block,
        refusal,
        characters: new WholeCharacters(),
        text: '',
        length: 0,
        held: '',
        ended: false,
        signature: undefined,
        data: undefined,
      },
    };
    this.#blocks.set(index, open);
    const { lane } = open;
    if (!lane) return '';
    if (lane.open) {
      lane.waiting.push(open);
      return '';
    }
    lane.open = open;
    return open.opening;
  }

  #placeOf(block: Block, refusal: boolean): Place {
    if (block.type === 'text') return refusal ? this.#refusal : this.#content;
    if (block.type === 'reasoning') return this.#reasoning;
    if (block.type !== 'tool-call' || block.server) return NOWHERE;
    const index = this.#callCount++;
    const name = JSON.stringify(block.name);
    if (this.#echo.legacyFunctions && !block.custom) {
      if (index > 0) return NOWHERE;
      const opening = `${this.#head}"function_call":{"name":${name},"arguments":""}${this.#tail}`;
      return {
        lane: this.#calls,
        opening,
        before: `${this.#head}"function_call":{"arguments":`,
        after: `}${this.#tail}`,
      };
    }
    const [type, input] = block.custom ? ['custom', 'input'] : ['function', 'arguments'];
    const call = `${this.#head}"tool_calls":[{"index":${index},`;
    const opening = `${call}"id":${JSON.stringify(block.id)},"type":"${type}","${type}":{"name":${name},"${input}":""}}]${this.#tail}`;
    return { lane: this.#calls, opening, before: `${call}"${type}":{"${input}":`, after: `}}]${this.#tail}` };
  }

  #endBlock({ index, signature, data }: BlockEndEvent): string {
    const open = this.#open(index);
    const rest = this.#delta(open, open.characters.end());
    open.ended = true;
    open.signature = signature;
    open.data = data;
    return open.lane?.open === open ? rest + closingOf(open) + this.#advance(open.lane) : rest;
  }

  /** Gives the lane to the blocks that waited for it, up to the first that is still open. */
  #advance(lane: Lane): string {
    let out = '';
    for (;;) {
      const open = lane.waiting.shift();
      lane.open = open;
      if (!open) return out;
      out += open.opening;
      if (open.held !== '') out += open.before + JSON.stringify(open.held) + open.after;
      this.#heldLength -= open.held.length;
      open.held = '';
      if (!open.ended) return out;
      out += closingOf(open);
    }
  }

  #finish(finish: FinishEvent): string {
    const { reason, usage } = finish;
    const blocks = [...this.#blocks.values()];
    if (blocks.some((open) => !open.ended)) throw new RouterError('upstream-failed', 'the answer ends inside a block');
    const hasRefusalText = blocks.some(({ refusal, length }) => refusal && length > 0);
    const extras = answerExtrasOf(finish, this.#echo.asked);
    // The members of the object, to stand among the chunk's own.
    const beside = extras === undefined ? '' : `,${JSON.stringify(extras).slice(1, -1)}`;
    const end = this.#tailOf(finishReasonOf(reason, hasRefusalText, this.#echo), beside);
    const out = `${this.#carried(blocks)}${this.#head}${end}`;
    if (!this.#echo.includeUsage) return out + DONE;
    return `${out}data: {${this.#answer},"choices":[],"usage":${JSON.stringify(usageOf(usage))}}\n\n${DONE}`;
  }

  /** Whole lists, once: the openai SDK keeps the last value of a field it does not know, others append, others merge. */
  #carried(blocks: readonly OpenBlock[]): string {
    const details = reasoningDetailsOf(blocks);
    const images = blocks.flatMap(({ block, data }) => (block.type === 'media' ? imagesOf(block.mediaType, data) : []));
    const fields = [
      ...(details ? [`"reasoning_details":${JSON.stringify(details)}`] : []),
      ...(images.length > 0 ? [`"images":${JSON.stringify(images)}`] : []),
    ];
    return fields.length > 0 ? `${this.#head}${fields.join(',')}${this.#tail}` : '';
  }
}

/** What is sent when a block ends: the empty JSON of a function call without input. */
function closingOf({ block, length, before, after }: OpenBlock): string {
  const isEmptyCall = block.type === 'tool-call' && !block.custom && length === 0;
  return isEmptyCall ? `${before}"{}"${after}` : '';
}
