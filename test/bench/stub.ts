// A fast upstream: Converse, ConverseStream, InvokeModel of Claude and chat completions with fixed answers, so that what is measured is what stands
// in front of it. The path says how: `…/paced/…` sends one event each 20 ms, everything else answers in one burst.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeFrame } from '@turnout/core/wire';
import { EVENTS, PACE_MS } from './workload.ts';

const WORD = 'railway ';
const usage = { inputTokens: 20, outputTokens: EVENTS, totalTokens: 20 + EVENTS };

const frame = (type: string, payload: object) =>
  encodeFrame(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify({ ...payload, p: 'abcdefghijkl' }),
  );
const frames = [
  frame('messageStart', { role: 'assistant' }),
  ...Array.from({ length: EVENTS }, () => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: WORD } })),
  frame('contentBlockStop', { contentBlockIndex: 0 }),
  frame('messageStop', { stopReason: 'end_turn' }),
  frame('metadata', { usage, metrics: { latencyMs: 1 } }),
];
const converse = JSON.stringify({
  output: { message: { role: 'assistant', content: [{ text: WORD.repeat(20) }] } },
  stopReason: 'end_turn',
  usage,
  metrics: { latencyMs: 1 },
});

const claudeChunk = (payload: object) =>
  encodeFrame(
    { ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify({ bytes: Buffer.from(JSON.stringify(payload)).toString('base64'), p: 'abcdefghijkl' }),
  );
const claudeUsage = { input_tokens: 20, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 };
const claudeChunks = [
  claudeChunk({
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [],
      stop_reason: null,
      usage: claudeUsage,
    },
  }),
  claudeChunk({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  ...Array.from({ length: EVENTS }, () =>
    claudeChunk({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: WORD } }),
  ),
  claudeChunk({ type: 'content_block_stop', index: 0 }),
  claudeChunk({
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: EVENTS },
  }),
  claudeChunk({ type: 'message_stop' }),
];

const chunk = (delta: object, finish: string | null) =>
  Buffer.from(
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
  );
const events = [
  chunk({ role: 'assistant', content: '' }, null),
  ...Array.from({ length: EVENTS }, () => chunk({ content: WORD }, null)),
  chunk({}, 'stop'),
  Buffer.from('data: [DONE]\n\n'),
];
const completion = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: WORD.repeat(20) }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 20, completion_tokens: 200, total_tokens: 220 },
});

function send(outgoing: http.ServerResponse, pieces: readonly Buffer[], paced: boolean): void {
  if (!paced) {
    outgoing.end(Buffer.concat(pieces));
    return;
  }
  let at = 0;
  const timer = setInterval(() => {
    const piece = pieces[at++];
    if (piece) outgoing.write(piece);
    if (at < pieces.length) return;
    clearInterval(timer);
    outgoing.end();
  }, PACE_MS);
  outgoing.on('close', () => clearInterval(timer));
}

const server = http.createServer((incoming, outgoing) => {
  const url = incoming.url ?? '';
  const paced = url.includes('paced');
  let streams = url.includes('stream');
  // OpenAI's path is the same for both: the body says it, and begins with it (workload.ts).
  incoming.once('data', (chunk: Buffer) => {
    streams ||= url.endsWith('/chat/completions') && chunk.includes('"stream":true');
  });
  incoming.on('end', () => {
    if (url.endsWith('/converse')) outgoing.writeHead(200, { 'content-type': 'application/json' }).end(converse);
    else if (url.endsWith('/converse-stream')) {
      outgoing.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      send(outgoing, frames, paced);
    } else if (url.endsWith('/invoke-with-response-stream')) {
      outgoing.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      send(outgoing, claudeChunks, paced);
    } else if (streams) {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      send(outgoing, events, paced);
    } else outgoing.writeHead(200, { 'content-type': 'application/json' }).end(completion);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo; // it listens on a port
  console.log(`stub listening on http://127.0.0.1:${port}`);
});
process.on('SIGTERM', () => process.exit(0));
