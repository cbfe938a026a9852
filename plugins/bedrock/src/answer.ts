// The members of a Converse answer become events. One reader for streams and whole answers, so that both say the same.
import type { ChatEvent, Citation, FinishReason, RouterError, Usage } from '@turnout/core/contract';
import { FreeText, isObject, JsonText } from '@turnout/core/plugin';
import { type ConverseStreamPayloads, citationOfConverse } from '@turnout/core/wire';
import { brokenAnswer } from './error.ts';
import { finishReasonOf, NO_USAGE, pickExtras, pickNotes, readStopSequence, readUsage } from './finish.ts';
import { HeldProse, objectIn } from './held-prose.ts';
import { closingEvents, type Kind, type OpenBlock } from './open-block.ts';
import type { Echo } from './request.ts';

type Payloads = ConverseStreamPayloads;
type Delta = Payloads['contentBlockDelta']['delta'];

/** What is held back of one answer until its block ends, in characters. */
const HELD_LENGTH_MAX = 32 * 1024 * 1024;

/** Reads one answer, payload by payload. Each method appends to `out`; failures are thrown as RouterErrors. */
export class AnswerReader {
  readonly out: ChatEvent[] = [];
  readonly #echo: Echo;
  readonly #id: string;
  readonly #label: string;
  readonly #open = new Map<number, OpenBlock>();
  #started = false;
  #next = 0;
  /** Words beside the tool of structured output; undefined without such a tool, and once it was called. */
  #prose: HeldProse | undefined;
  #heldLength = 0;
  #calls = 0;
  #citations = 0;
  #stop: Payloads['messageStop'] | undefined;
  #usage: Usage | undefined;
  #finished = false;

  /** `id`: of the answer. `label`: what a failure names, the provider and the model. */
  constructor(echo: Echo, id: string, label: string) {
    this.#echo = echo;
    if (echo.outputTool !== undefined) this.#prose = new HeldProse();
    this.#id = id;
    this.#label = label;
  }

  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** Whether the content is whole: what may follow is usage. */
  get stopped(): boolean {
    return this.#stop !== undefined;
  }

  get finished(): boolean {
    return this.#finished;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.out.push({ type: 'start', id: this.#id, model: this.#echo.model });
  }

  blockStart({ contentBlockIndex, start }: Payloads['contentBlockStart']): void {
    const { toolUse, toolResult, image } = start;
    if (toolUse !== undefined) this.#startCall(contentBlockIndex, toolUse);
    else if (toolResult !== undefined) {
      const { index } = this.#begin(contentBlockIndex, 'server');
      const block = { type: 'tool-result', id: toolResult.toolUseId, server: true } as const;
      this.out.push({ type: 'block-start', index, block });
    } else if (image !== undefined) {
      const { index } = this.#begin(contentBlockIndex, 'media');
      this.out.push({ type: 'block-start', index, block: { type: 'media', mediaType: `image/${image.format}` } });
    }
  }

  /** Empty deltas are common, and a block that never has content is none. */
  textDelta(at: number, text: string): void {
    if (text === '') return;
    if (this.#echo.outputTool !== undefined) this.#holdProse(text);
    else this.#emitText(this.#ensure(at, 'text'), text);
  }

  blockDelta({ contentBlockIndex, delta }: Payloads['contentBlockDelta']): void {
    if (delta.text !== undefined) this.textDelta(contentBlockIndex, delta.text);
    else if (delta.toolUse !== undefined) this.#callDelta(contentBlockIndex, delta.toolUse.input);
    else if (delta.reasoningContent !== undefined) this.#reasoningDelta(contentBlockIndex, delta.reasoningContent);
    else if (delta.citation !== undefined) this.#citationDelta(contentBlockIndex, delta.citation);
    else if (delta.toolResult !== undefined) this.#resultDelta(contentBlockIndex, delta.toolResult);
    else if (delta.image?.source?.bytes !== undefined) this.#hold(contentBlockIndex, delta.image.source.bytes);
  }

  blockStop({ contentBlockIndex }: Payloads['contentBlockStop']): void {
    const block = this.#open.get(contentBlockIndex);
    if (block === undefined) return;
    this.#open.delete(contentBlockIndex);
    this.out.push(...closingEvents(block));
  }

  messageStop(payload: Payloads['messageStop']): void {
    this.start();
    for (const block of this.#open.values()) this.out.push(...closingEvents(block));
    this.#open.clear();
    this.#tellProse(objectIn);
    this.#stop = payload;
    if (this.#usage !== undefined) this.#finish({});
  }

  metadata(payload: Partial<Payloads['metadata']>): void {
    this.#usage = readUsage(payload.usage);
    if (this.#stop !== undefined) this.#finish(payload);
  }

  /** The answer is over. An answer without messageStop is not whole, however cleanly it ended. */
  end(): void {
    if (this.#finished) return;
    if (this.#stop === undefined) throw this.#failed('the stream ended before the answer was complete');
    this.#finish({});
  }

  #startCall(at: number, { toolUseId, name, type }: { toolUseId: string; name: string; type?: string }): void {
    const { names, customNames, outputTool, ignoresCalls } = this.#echo;
    if (name === outputTool) {
      this.#startOutput(at);
      return;
    }
    const server = type === 'server_tool_use';
    if (ignoresCalls && !server) {
      this.#begin(at, 'ignored');
      return;
    }
    // Words before a call of the client's own tools are what a model says when it calls one.
    if (!server) this.#tellProse();
    const custom = customNames.has(name);
    const { index } = this.#begin(at, custom ? 'custom' : 'input');
    if (!server) this.#calls++;
    const called = { id: this.#check(toolUseId), name: names.client(name) ?? this.#check(name) };
    const kind = { ...(custom ? { custom } : {}), ...(server ? { server } : {}) };
    this.out.push({ type: 'block-start', index, block: { type: 'tool-call', ...called, ...kind } });
  }

  /** The answer itself. One is enough: two in a row would be no JSON. */
  #startOutput(at: number): void {
    if (this.#prose === undefined) {
      this.#begin(at, 'ignored');
      return;
    }
    this.#prose = undefined;
    const { index } = this.#begin(at, 'output');
    this.out.push({ type: 'block-start', index, block: { type: 'text' } });
  }

  #holdProse(text: string, citation?: Citation): void {
    this.start();
    if (this.#prose === undefined) return;
    this.#countHeld(text.length + 1);
    this.#prose.add(text, citation);
  }

  /** What was held becomes a block of its own. */
  #tellProse(read?: (text: string) => string): void {
    const events = this.#prose?.take(this.#next, read) ?? [];
    if (events.length === 0) return;
    this.#next++;
    this.out.push(...events);
  }

  #citationDelta(at: number, raw: unknown): void {
    this.#citations++;
    const citation = citationOfConverse(raw);
    if (this.#echo.outputTool !== undefined) this.#holdProse('', citation);
    else this.out.push({ type: 'block-delta', index: this.#ensure(at, 'text').index, text: '', citation });
  }

  #callDelta(at: number, input: string): void {
    const block = this.#open.get(at);
    if (block === undefined) throw this.#failed('the stream has arguments of a tool call that never began');
    if (input === '' || block.kind === 'ignored') return;
    if (block.free === undefined) this.#emit(block, input);
    else this.#emitFree(block, block.free, input);
  }

  /** What the JSON holds of the free text, as it comes. */
  #emitFree(block: OpenBlock, free: FreeText, input: string): void {
    const text = free.push(input);
    if (text === '') this.#countHeld(input.length);
    else this.#emit(block, text);
  }

  #reasoningDelta(at: number, { text, signature, redactedContent }: NonNullable<Delta['reasoningContent']>): void {
    if (redactedContent !== undefined) this.#holdIn(this.#ensure(at, 'redacted'), redactedContent);
    if (text !== undefined && text !== '') this.#emit(this.#ensure(at, 'reasoning'), text);
    if (signature !== undefined && signature !== '') this.#ensure(at, 'reasoning').signature += this.#check(signature);
  }

  #resultDelta(at: number, content: readonly unknown[]): void {
    const block = this.#open.get(at);
    if (block === undefined) return;
    for (const item of content) {
      const { text, json }: { text?: unknown; json?: unknown } = isObject(item) ? item : {};
      this.#emit(block, typeof text === 'string' ? text : JSON.stringify(json ?? item));
    }
  }

  #emitText(block: OpenBlock, text: string): void {
    const wanted = block.json === undefined ? text : block.json.push(text);
    if (wanted === '') this.#countHeld(text.length);
    else this.#emit(block, wanted);
  }

  /** AWS's shapes are taken at their word, but what is no text would break the client's answer far from here. */
  #check(text: unknown): string {
    if (typeof text === 'string') return text;
    throw this.#failed('the answer has something else where a text has to be');
  }

  #emit(block: OpenBlock, text: string): void {
    this.#check(text);
    block.empty = false;
    this.out.push({ type: 'block-delta', index: block.index, text });
  }

  #hold(at: number, text: string): void {
    const block = this.#open.get(at);
    if (block !== undefined) this.#holdIn(block, text);
  }

  #holdIn(block: OpenBlock, text: string): void {
    this.#check(text);
    this.#countHeld(text.length);
    block.held.push(text);
  }

  #countHeld(length: number): void {
    this.#heldLength += length;
    if (this.#heldLength <= HELD_LENGTH_MAX) return;
    throw this.#failed(`a block of the answer is longer than ${HELD_LENGTH_MAX}`);
  }

  /** The block at Bedrock's index, opened now if it is not: text and reasoning have no start of their own. */
  #ensure(at: number, kind: 'text' | 'reasoning' | 'redacted'): OpenBlock {
    const known = this.#open.get(at);
    if (known?.kind === kind) return known;
    const block = this.#begin(at, kind);
    const origin = this.#echo.origin === undefined ? {} : { origin: this.#echo.origin };
    const redacted = kind === 'redacted' ? { redacted: true as const } : {};
    this.out.push({
      type: 'block-start',
      index: block.index,
      block: kind === 'text' ? { type: 'text' } : { type: 'reasoning', ...redacted, ...origin },
    });
    return block;
  }

  #begin(at: number, kind: Kind): OpenBlock {
    this.start();
    const before = this.#open.get(at);
    if (before !== undefined) this.out.push(...closingEvents(before));
    // A block that the client never sees takes no index.
    const index = kind === 'ignored' ? -1 : this.#next++;
    const { jsonOpener } = this.#echo;
    const json = kind === 'text' && jsonOpener !== undefined ? new JsonText(jsonOpener) : undefined;
    const free = kind === 'custom' ? new FreeText() : undefined;
    const block: OpenBlock = { kind, index, empty: true, signature: '', held: [], json, free };
    this.#open.set(at, block);
    return block;
  }

  #finish(metadata: Partial<Payloads['metadata']>): void {
    const stop = this.#stop;
    if (stop === undefined) return;
    const { stopReason, additionalModelResponseFields: fields } = stop;
    if (stopReason.startsWith('malformed_')) throw this.#failed(`the model's answer was unusable (${stopReason})`);
    const stopSequence = readStopSequence(fields);
    const extras = pickExtras(metadata, fields, this.#echo.wantsTrace === true);
    const usage = this.#usage ?? NO_USAGE;
    const notes = pickNotes(metadata, this.#citations, usage);
    this.#finished = true;
    this.out.push({
      type: 'finish',
      reason: this.#finishReason(stopReason),
      rawReason: stopReason,
      ...(stopSequence === undefined ? {} : { stopSequence }),
      usage,
      ...(extras === undefined ? {} : { extensions: { 'bedrock-converse': extras } }),
      ...(notes === undefined ? {} : { notes }),
    });
  }

  /** Some models say end_turn although they call tools, and the tool of structured output is none of the client's. */
  #finishReason(stopReason: string): FinishReason {
    const reason = finishReasonOf(stopReason);
    if (reason !== 'stop' && reason !== 'tool-calls') return reason;
    if (stopReason === 'stop_sequence') return 'stop';
    return this.#calls > 0 ? 'tool-calls' : 'stop';
  }

  #failed(message: string): RouterError {
    return brokenAnswer(this.#label, message, this.#usage === undefined ? {} : { usage: this.#usage });
  }
}
