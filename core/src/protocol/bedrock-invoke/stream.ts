// The events of an answer, to the frames of InvokeModelWithResponseStream: each of Messages' events is one chunk.
import type { ChatEvent, RouterError, Usage } from '../../contract/index.ts';
import { createFrameEncoder } from '../../wire/event-stream.ts';
import { MessagesEvents } from '../anthropic-messages/index.ts';
import { exceptionFrame } from '../bedrock-converse/error.ts';
import type { AnswerContext, StreamEncoder } from '../protocol.ts';
import type { InvokeEcho } from './decode.ts';

/** Everything around a payload is made once for all answers. */
const chunk = createFrameEncoder({
  ':event-type': 'chunk',
  ':content-type': 'application/json',
  ':message-type': 'event',
});

const NOTHING = new Uint8Array(0);

/** One per answer. */
export class InvokeStreamEncoder implements StreamEncoder {
  /** There is no such frame. */
  readonly heartbeat = NOTHING;
  readonly #events: MessagesEvents;
  readonly #startedMs: number;
  #firstMs: number | undefined;
  #usage: Usage | undefined;
  readonly #out: Uint8Array[] = [];

  constructor(context: AnswerContext<InvokeEcho>) {
    this.#startedMs = context.echo.startedMs;
    this.#events = new MessagesEvents(context, (type, json) => this.#emit(type, json));
  }

  push(event: ChatEvent): Uint8Array {
    this.#firstMs ??= performance.now();
    if (event.type === 'finish') this.#usage = event.usage;
    this.#events.push(event);
    const out = this.#out;
    const [first = NOTHING] = out;
    const written = out.length > 1 ? Buffer.concat(out) : first;
    out.length = 0;
    return written;
  }

  fail(error: RouterError): Uint8Array {
    return exceptionFrame(error, 'invoke');
  }

  #emit(type: string, json: string): void {
    // Bedrock sends none.
    if (type === 'ping') return;
    const event = type === 'message_stop' ? `${json.slice(0, -1)},${this.#metrics()}}` : json;
    this.#out.push(chunk(`{"bytes":"${Buffer.from(event, 'utf8').toString('base64')}"}`));
  }

  /** What Bedrock adds to the last event: the counts, and the times in milliseconds since the request came. */
  #metrics(): string {
    const { inputTokens = 0, outputTokens = 0, cacheReadTokens, cacheWriteTokens } = this.#usage ?? {};
    const sinceStart = (ms: number): number => Math.round(ms - this.#startedMs);
    const metrics = {
      inputTokenCount: inputTokens,
      outputTokenCount: outputTokens,
      invocationLatency: sinceStart(performance.now()),
      firstByteLatency: sinceStart(this.#firstMs ?? performance.now()),
      ...(cacheReadTokens === undefined ? {} : { cacheReadInputTokenCount: cacheReadTokens }),
      ...(cacheWriteTokens === undefined ? {} : { cacheWriteInputTokenCount: cacheWriteTokens }),
    };
    return `"amazon-bedrock-invocationMetrics":${JSON.stringify(metrics)}`;
  }
}
