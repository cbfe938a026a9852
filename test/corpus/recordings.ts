// The recorded Bedrock traffic beside the repository, and a naive reading of it that shares no code with the router.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EventStreamCodec } from '@smithy/core/event-streams';

const dir = fileURLToPath(new URL('../../../shared/corpus/recordings/', import.meta.url));

/** False on a machine without the corpus: third-party data, never part of the repository. */
export const hasCorpus = existsSync(dir);

export interface Recording {
  readonly name: string;
  readonly kind: string;
  /** The request's path, decoded. */
  readonly path: string;
  readonly modelId: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The request's body, parsed; undefined where it was not recorded as JSON. */
  readonly sent: unknown;
}

export function readRecordings(kinds: readonly string[]): Recording[] {
  if (!hasCorpus) return [];
  return readdirSync(dir)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => {
      const { kind, request, response } = JSON.parse(readFileSync(dir + file, 'utf8'));
      if (!kinds.includes(kind)) return [];
      const modelId = decodeURIComponent(/^\/model\/(.+)\/[\w-]+$/.exec(request.path)?.[1] ?? '');
      const body =
        response.bodyBase64 === undefined ? Buffer.from(response.bodyText) : Buffer.from(response.bodyBase64, 'base64');
      const headers = { 'content-type': 'application/json', ...response.headers };
      const name = file.replace(/\.json$/, '');
      const path = decodeURIComponent(request.path);
      return [{ name, kind, path, modelId, status: response.status, headers, body, sent: request.body }];
    });
}

/** What a client should see of an answer. */
export interface Seen {
  text: string;
  reasoning: string;
  calls: { id: string; name: string; input: unknown }[];
  finish: string;
  usage: { prompt: number; completion: number };
}

interface Usage {
  inputTokens: number;
  outputTokens: number;
  cacheReadInputTokens?: number;
  cacheWriteInputTokens?: number;
}

// One recording comes without any.
const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0 };

const FINISH: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
};

function finished(seen: Omit<Seen, 'finish' | 'usage'>, stopReason: string, usage: Usage): Seen {
  const plain = FINISH[stopReason] ?? `unknown: ${stopReason}`;
  const calls = seen.calls.length > 0;
  // Some models end with end_turn although they call tools; some say tool_use for tools that Bedrock itself has run.
  const finish = ['end_turn', 'tool_use'].includes(stopReason) ? (calls ? 'tool_calls' : 'stop') : plain;
  const { inputTokens, outputTokens, cacheReadInputTokens = 0, cacheWriteInputTokens = 0 } = usage;
  const prompt = inputTokens + cacheReadInputTokens + cacheWriteInputTokens;
  return { ...seen, finish, usage: { prompt, completion: outputTokens } };
}

/** Reads a Converse answer. */
export function readWhole(body: Buffer): Seen {
  const { output, stopReason, usage = NO_USAGE } = JSON.parse(body.toString('utf8'));
  const seen: Omit<Seen, 'finish' | 'usage'> = { text: '', reasoning: '', calls: [] };
  for (const block of output.message.content) {
    if (block.text !== undefined) seen.text += block.text;
    for (const piece of block.citationsContent?.content ?? []) seen.text += piece.text ?? '';
    seen.reasoning += block.reasoningContent?.reasoningText?.text ?? '';
    if (block.toolUse && block.toolUse.type !== 'server_tool_use') {
      const { toolUseId, name, input } = block.toolUse;
      seen.calls.push({ id: toolUseId, name, input });
    }
  }
  return finished(seen, stopReason, usage);
}

const codec = new EventStreamCodec(
  (bytes) => new TextDecoder().decode(bytes as Uint8Array),
  (text) => new TextEncoder().encode(text),
);

/** Reads a ConverseStream answer with the AWS SDK's own codec. Undefined when it holds an exception or has no end. */
export function readStream(body: Buffer): Seen | undefined {
  const seen: Omit<Seen, 'finish' | 'usage'> = { text: '', reasoning: '', calls: [] };
  const inputs = new Map<number, string>();
  const starts = new Map<number, { toolUseId: string; name: string }>();
  let stopReason: string | undefined;
  let usage: Usage = NO_USAGE;
  for (let at = 0; at < body.length; ) {
    const length = body.readUInt32BE(at);
    const frame = codec.decode(body.subarray(at, at + length));
    at += length;
    if (frame.headers[':message-type']?.value !== 'event') return undefined;
    const event = JSON.parse(new TextDecoder().decode(frame.body));
    const type = frame.headers[':event-type']?.value;
    if (type === 'contentBlockStart' && event.start.toolUse && event.start.toolUse.type !== 'server_tool_use') {
      starts.set(event.contentBlockIndex, event.start.toolUse);
    } else if (type === 'contentBlockDelta') {
      seen.text += event.delta.text ?? '';
      seen.reasoning += event.delta.reasoningContent?.text ?? '';
      const input = event.delta.toolUse?.input ?? '';
      inputs.set(event.contentBlockIndex, (inputs.get(event.contentBlockIndex) ?? '') + input);
    } else if (type === 'messageStop') stopReason = event.stopReason;
    else if (type === 'metadata') usage = event.usage;
  }
  if (stopReason === undefined) return undefined;
  for (const [index, { toolUseId, name }] of starts) {
    seen.calls.push({ id: toolUseId, name, input: JSON.parse(inputs.get(index) || '{}') });
  }
  return finished(seen, stopReason, usage);
}
