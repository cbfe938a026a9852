// The events of an answer, to Responses' server-sent events.
import type {
  Block,
  BlockDeltaEvent,
  BlockEndEvent,
  BlockStartEvent,
  ChatEvent,
  Citation,
  Extensions,
  FinishEvent,
  RouterError,
} from '../../contract/index.ts';
import { InOrder } from '../in-order.ts';
import type { AnswerContext, StreamEncoder } from '../protocol.ts';
import { SSE_PING } from '../sse.ts';
import type { ResponsesEcho } from './decode.ts';
import { endOf, incompleteOf, type ResponseState, responseHead, responseJson, usageOf } from './encode.ts';
import { errorMembers, failureOf } from './error.ts';
import type { DeltaFrame } from './event-writer.ts';
import { ItemWriter } from './item-writer.ts';
import { callItem, contentPart, imageItem, inputOf, messageItem, reasoningItem, searchItem } from './items.ts';
import { carrierOf, type Face, faceOf, rawItemOf } from './shown.ts';
import type { ContentPart, RawItem } from './wire.ts';

type CallBlock = Extract<Block, { readonly type: 'tool-call' }>;

/** The block whose events come in. */
interface OpenBlock {
  readonly block: Block;
  readonly face: Face;
  readonly extensions: Extensions | undefined;
  /** Made with the first delta that says something: a block that says nothing is not shown. */
  frame: DeltaFrame | undefined;
  /** The members that name its place in events, as JSON. */
  place: string;
  text: string;
  citations: Citation[] | undefined;
  /** What `encrypted_content` says, known at its end. */
  carrier: string | undefined;
}

/** A number that no event of a relayed answer has reached. */
const BEYOND_RELAYED = 1_000_000_000;

/** One per answer. */
export class ResponsesStreamEncoder implements StreamEncoder {
  readonly heartbeat = SSE_PING;
  readonly #context: AnswerContext<ResponsesEcho>;
  readonly #order = new InOrder((event) => this.#take(event));
  readonly #writer: ItemWriter;
  /** Made with the first event. */
  #head: string | undefined;
  #block: OpenBlock | undefined;
  #hasRefusal = false;

  constructor(context: AnswerContext<ResponsesEcho>) {
    this.#context = context;
    this.#writer = new ItemWriter(context.requestId, context.relayed ? BEYOND_RELAYED : 0);
  }

  push(event: ChatEvent): string {
    this.#order.push(event);
    return this.#writer.take();
  }

  fail(error: RouterError): string {
    // What the upstream wrote has begun already.
    if (!this.#context.relayed) this.#begin();
    const usage = error.usage && usageOf(error.usage);
    const failure = failureOf(error);
    this.#lifecycle('failed', { status: 'failed', error: failure, usage, output: this.#writer.output });
    this.#writer.say('error', errorMembers(failure));
    return this.#writer.take();
  }

  #take(event: ChatEvent): void {
    switch (event.type) {
      case 'block-delta':
        this.#delta(event);
        return;
      case 'block-start':
        this.#startBlock(event);
        return;
      case 'block-end':
        this.#endBlock(event);
        return;
      case 'start':
        this.#begin();
        return;
      case 'finish':
        this.#finish(event);
    }
  }

  /** The SDK's helper throws when an answer begins with anything else. */
  #begin(): void {
    if (this.#head !== undefined) return;
    this.#lifecycle('created', { status: 'in_progress', output: '' });
    this.#lifecycle('in_progress', { status: 'in_progress', output: '' });
  }

  #finish(finish: FinishEvent): void {
    this.#begin();
    const incomplete = incompleteOf(finish.reason, this.#hasRefusal);
    this.#writer.close(incomplete === undefined ? 'completed' : 'incomplete');
    const end = endOf(finish, incomplete);
    this.#lifecycle(end.status, { ...end, output: this.#writer.output });
  }

  #lifecycle(word: string, state: ResponseState): void {
    this.#head ??= responseHead(this.#context);
    this.#writer.say(`response.${word}`, `"response":${responseJson(this.#head, this.#context, state)}`);
  }

  #startBlock({ block, extensions }: BlockStartEvent): void {
    const face = faceOf(block, extensions, this.#context.echo.names);
    this.#block = face && {
      ...{ block, face, extensions, frame: undefined, place: '' },
      ...{ text: '', citations: undefined, carrier: undefined },
    };
    // A client shows a call as soon as it begins, and a call without input is one too.
    if (this.#block && face?.kind === 'call') this.#frameOf(this.#block);
  }

  #delta({ text, citation }: BlockDeltaEvent): void {
    const open = this.#block;
    if (!open) return;
    if (citation !== undefined) {
      open.citations ??= [];
      open.citations.push(citation);
    }
    if (text === '') return;
    open.text += text;
    const frame = open.frame ?? this.#frameOf(open);
    if (frame) this.#writer.delta(frame, text);
  }

  /** Shows the block, and makes the frame of its deltas; undefined for a block that comes in one piece. */
  #frameOf(open: OpenBlock): DeltaFrame | undefined {
    const { face, block } = open;
    if (face.kind === 'text') open.frame = this.#openText(open, face.refusal, face.phase);
    else if (face.kind === 'reasoning') open.frame = this.#openReasoning(open);
    else if (face.kind === 'call' && block.type === 'tool-call') open.frame = this.#openCall(open, block);
    return open.frame;
  }

  /** Text joins the message in front of it: clients show each message by itself. */
  #openText(open: OpenBlock, refusal: boolean, phase: string | undefined): DeltaFrame {
    const { current } = this.#writer;
    const message = current?.content && current.phase === phase ? current : this.#openMessage(phase);
    this.#hasRefusal ||= refusal;
    open.place = `${message.place},"content_index":${message.content?.length ?? 0}`;
    this.#writer.say('response.content_part.added', `${open.place},"part":${JSON.stringify(contentPart(refusal, ''))}`);
    return refusal
      ? this.#writer.frame('response.refusal.delta', open.place)
      : this.#writer.frame('response.output_text.delta', `${open.place},"logprobs":[]`);
  }

  #openMessage(phase: string | undefined) {
    const content: ContentPart[] = [];
    return this.#writer.open('msg', (id, status) => messageItem(id, phase, status, content), { phase, content });
  }

  #openReasoning(open: OpenBlock): DeltaFrame {
    const { place } = this.#writer.open('rs', (id, status) =>
      reasoningItem(id, status === 'in_progress' ? '' : open.text, open.carrier),
    );
    open.place = `${place},"summary_index":0`;
    this.#writer.say('response.reasoning_summary_part.added', `${open.place},"part":{"type":"summary_text","text":""}`);
    return this.#writer.frame('response.reasoning_summary_text.delta', open.place);
  }

  #openCall(open: OpenBlock, block: CallBlock): DeltaFrame {
    const { names } = this.#context.echo;
    const { place } = this.#writer.open(block.custom ? 'ctc' : 'fc', (id, status) =>
      callItem(id, block, names, status, status === 'in_progress' ? '' : inputOf(block, open.text)),
    );
    open.place = place;
    return this.#writer.frame(`response.${callWords(block).event}.delta`, place);
  }

  #endBlock({ signature, data, extensions }: BlockEndEvent): void {
    const open = this.#block;
    this.#block = undefined;
    if (!open) return;
    const { block, face, text } = open;
    const ending = { ...(signature === undefined ? {} : { signature }), ...(data === undefined ? {} : { data }) };
    open.carrier = carrierOf(block, text, ending);
    if (face.kind === 'reasoning') {
      this.#endReasoning(open);
      return;
    }
    if (face.kind === 'text') {
      if (text !== '') this.#endText(open, face.refusal);
    } else if (face.kind === 'image') {
      this.#writer.whole('ig', (id, status) =>
        imageItem(id, face.format, status, status === 'completed' ? data : undefined),
      );
    } else if (block.type === 'tool-call') {
      if (face.kind === 'call') this.#endCall(open, block);
      else if (face.kind === 'search') this.#search(block, text);
      else this.#passRaw(rawItemOf(block.name, extensions) ?? rawItemOf(block.name, open.extensions));
    }
    if (open.carrier !== undefined) this.#carry(open.carrier);
  }

  #endText({ place, text, citations }: OpenBlock, refusal: boolean): void {
    const writer = this.#writer;
    const part = contentPart(refusal, text, citations);
    if (part.type === 'refusal') {
      writer.say('response.refusal.done', `${place},"refusal":${JSON.stringify(text)}`);
    } else {
      for (const [index, annotation] of part.annotations.entries()) {
        const members = `${place},"annotation_index":${index},"annotation":${JSON.stringify(annotation)}`;
        writer.say('response.output_text.annotation.added', members);
      }
      writer.say('response.output_text.done', `${place},"logprobs":[],"text":${JSON.stringify(text)}`);
    }
    writer.say('response.content_part.done', `${place},"part":${JSON.stringify(part)}`);
    writer.current?.content?.push(part);
  }

  #endReasoning({ place, text, carrier }: OpenBlock): void {
    if (text === '') {
      if (carrier !== undefined) this.#carry(carrier);
      return;
    }
    const said = JSON.stringify(text);
    this.#writer.say('response.reasoning_summary_text.done', `${place},"text":${said}`);
    this.#writer.say('response.reasoning_summary_part.done', `${place},"part":{"type":"summary_text","text":${said}}`);
    this.#writer.close('completed');
  }

  /** The item itself stays open: whether the call was cut is known with the next event only. */
  #endCall({ place, text, frame }: OpenBlock, block: CallBlock): void {
    const { event, member } = callWords(block);
    const input = inputOf(block, text);
    if (text === '' && input !== '' && frame) this.#writer.delta(frame, input);
    this.#writer.say(`response.${event}.done`, `${place},"${member}":${JSON.stringify(input)}`);
  }

  #search(block: CallBlock, text: string): void {
    this.#writer.whole('tsc', (id, status) => searchItem(id, block, status, status === 'in_progress' ? '' : text));
  }

  #passRaw(item: RawItem | undefined): void {
    if (item) this.#writer.pass(item);
  }

  /** An item for what has no place of its own. */
  #carry(carrier: string): void {
    this.#writer.whole('rs', (id, status) => reasoningItem(id, '', status === 'completed' ? carrier : undefined));
  }
}

/** The words for a call's input. */
const callWords = ({ custom }: CallBlock) =>
  custom
    ? ({ event: 'custom_tool_call_input', member: 'input' } as const)
    : ({ event: 'function_call_arguments', member: 'arguments' } as const);
