// An upstream with fixed answers: chat completions, Converse, and Claude's own stream through InvokeModel; streams in one write or piece by piece.
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeFrame } from '../../core/src/wire/index.ts';

/** How the next stream comes. */
export interface Plan {
  /** Deltas after the first, which comes with the head. */
  readonly deltas: number;
  /** All that belongs to it in one write, or each piece in one of its own, when `next` is called. */
  readonly atOnce: boolean;
}

export interface Upstream {
  readonly port: number;
  plan: Plan;
  /** Sends the next piece of the answer under way, if there is one: the client asks for it when it has the one before. */
  next(): void;
  close(): void;
}

/** The answers of one protocol: in pieces of which each is one write. */
interface Script {
  readonly type: string;
  /** With the first delta: what is done once for it is no part of an event's cost. */
  readonly head: Buffer;
  readonly delta: Buffer;
  readonly tail: Buffer;
  /** What it is when it is not streamed. */
  readonly whole: string;
}

const chunk = (delta: object, finish: string | null): string => {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
};
const openai: Script = {
  type: 'text/event-stream',
  head: Buffer.from(chunk({ role: 'assistant', content: '' }, null) + chunk({ content: 'word ' }, null)),
  delta: Buffer.from(chunk({ content: 'word ' }, null)),
  tail: Buffer.from(`${chunk({}, 'stop')}data: [DONE]\n\n`),
  whole: JSON.stringify({
    ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm' },
    choices: [{ index: 0, message: { role: 'assistant', content: 'words' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 },
  }),
};

const frame = (type: string, payload: object) =>
  encodeFrame(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify({ ...payload, p: 'abcdefghijkl' }),
  );

const usage = { inputTokens: 2, outputTokens: 1, totalTokens: 3 };
const words = frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'word ' } });
const converse: Script = {
  type: 'application/vnd.amazon.eventstream',
  head: Buffer.concat([frame('messageStart', { role: 'assistant' }), words]),
  delta: Buffer.from(words),
  tail: Buffer.concat([
    frame('contentBlockStop', { contentBlockIndex: 0 }),
    frame('messageStop', { stopReason: 'end_turn' }),
    frame('metadata', { usage, metrics: { latencyMs: 1 } }),
  ]),
  whole: JSON.stringify({
    output: { message: { role: 'assistant', content: [{ text: 'words' }] } },
    ...{ stopReason: 'end_turn', usage, metrics: { latencyMs: 1 } },
  }),
};

const claudeMessage = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm' };
const claudeUsage = { input_tokens: 2, output_tokens: 1 };
const claudeEvent = (event: object) => frame('chunk', { bytes: Buffer.from(JSON.stringify(event)).toString('base64') });
const claudeWords = claudeEvent({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'text_delta', text: 'word ' },
});
const claude: Script = {
  type: 'application/vnd.amazon.eventstream',
  head: Buffer.concat([
    claudeEvent({
      type: 'message_start',
      message: { ...claudeMessage, content: [], stop_reason: null, usage: claudeUsage },
    }),
    claudeEvent({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    claudeWords,
  ]),
  delta: Buffer.from(claudeWords),
  tail: Buffer.concat([
    claudeEvent({ type: 'content_block_stop', index: 0 }),
    claudeEvent({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 1 },
    }),
    claudeEvent({ type: 'message_stop' }),
  ]),
  whole: JSON.stringify({
    ...{ ...claudeMessage, content: [{ type: 'text', text: 'words' }] },
    ...{ stop_reason: 'end_turn', stop_sequence: null, usage: claudeUsage },
  }),
};

const scriptOf = (url: string): Script => {
  if (url.startsWith('/v1')) return openai;
  return url.includes('/invoke') ? claude : converse;
};

export async function openUpstream(): Promise<Upstream> {
  let next = (): void => {};

  function stream(outgoing: http.ServerResponse, { type, head, delta, tail }: Script, plan: Plan): void {
    const deltas = Array.from({ length: plan.deltas }, () => delta);
    outgoing.writeHead(200, { 'content-type': type });
    if (plan.atOnce) {
      outgoing.end(Buffer.concat([head, ...deltas, tail]));
      return;
    }
    next = () => {
      const piece = deltas.pop();
      if (piece) outgoing.write(piece);
      else {
        next = () => {};
        outgoing.end(tail);
      }
    };
    outgoing.write(head);
  }

  const server = http.createServer((incoming, outgoing) => {
    const { url = '' } = incoming;
    const pieces: Buffer[] = [];
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.on('end', () => {
      const script = scriptOf(url);
      const streams = url.endsWith('-stream') || Buffer.concat(pieces).includes('"stream":true');
      if (streams) stream(outgoing, script, upstream.plan);
      else outgoing.writeHead(200, { 'content-type': 'application/json' }).end(script.whole);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  const upstream: Upstream = {
    port,
    plan: { deltas: 0, atOnce: true },
    next: () => next(),
    close: () => void server.close(),
  };
  return upstream;
}
