// An answer that is relayed: its bytes as they come, and its end for the log. Streams are read in relay-stream.ts.
import { type RelayAnswer, type RelayCall, RouterError } from '@turnout/core/contract';
import { isObject, readBytes, replaceModel, type Whole, WholeRelay } from '@turnout/core/plugin';
import type { Answer, BedrockClient } from './client.ts';
import { brokenAnswer, labelOf } from './error.ts';
import { toNetworkError } from './network.ts';
import { withoutOwnMembers } from './own-members.ts';
import { ClaudeEnd, callsOfConverse, endOfConverse, endOfNative, refuseMalformed } from './relay-end.ts';
import type { RelayWire } from './relay-plan.ts';
import { RelayedFrames, type RelaySource } from './relay-stream.ts';
import { ANSWER_BYTES_MAX, asConverse } from './result.ts';

/** What of the answer's head is the client's: Bedrock's own counts, and how the body is to be read. */
const OWN_HEADER = /^(content-type|x-amzn-bedrock-[a-z-]{1,80})$/;

/** One call, its answer relayed. Throws RouterError while nothing has been answered, and later out of the events. */
export async function relayAnswer(client: BedrockClient, wire: RelayWire, call: RelayCall): Promise<RelayAnswer> {
  const { target, operation, body, headers } = wire;
  const context = client.errorContext(target, operation);
  const answer = await client.send(target, operation, body, call.signal, headers);
  const source = { answer, context, signal: call.signal, form: wire.form, model: call.answerModel };
  const streamed = operation === 'converse-stream' || operation === 'invoke-with-response-stream';
  const events = streamed ? new RelayedFrames(source) : new WholeRelay(() => readWhole(source));
  return { headers: wire.form === 'messages' ? headersOfMessages(streamed) : headersOf(answer), events };
}

function headersOf({ headers }: Answer): Record<string, string> {
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string' && OWN_HEADER.test(name)) own[name] = value;
  }
  return own;
}

/** Nothing there is for a client that knows nothing of Bedrock. */
const headersOfMessages = (streamed: boolean): Record<string, string> => ({
  'content-type': streamed ? 'text/event-stream; charset=utf-8' : 'application/json',
});

/** A whole answer. Bytes that are no answer of this form are not passed on. */
async function readWhole({ answer, context, signal, form, model }: RelaySource): Promise<Whole> {
  let bytes: Buffer;
  try {
    bytes = await readBytes(answer.body, ANSWER_BYTES_MAX);
  } catch (error) {
    throw toNetworkError(error, { ...context, signal });
  }
  return readBody(form, { bytes, answer, label: labelOf(context), model });
}

interface WholeBody {
  readonly bytes: Buffer;
  readonly answer: Answer;
  readonly label: string;
  readonly model: string;
}

/** Bedrock's shapes are taken at their word: reading one that is broken throws, and the answer has failed. */
function readBody(form: keyof typeof READERS, body: WholeBody): Whole {
  try {
    return READERS[form](body);
  } catch (cause) {
    if (RouterError.is(cause)) throw cause;
    throw brokenAnswer(body.label, 'the answer is not in the shape of its operation', { cause });
  }
}

const READERS = { converse: readConverse, claude: readClaude, messages: readMessages, native: readNative };

function readConverse({ bytes, label }: WholeBody) {
  const body = asConverse(bytes.toString('utf8'), label);
  const { stopReason, additionalModelResponseFields, output: _message, ...metadata } = body;
  refuseMalformed(stopReason, label);
  return {
    bytes,
    content: saysSomething(body.output.message.content),
    finish: endOfConverse({ stopReason, additionalModelResponseFields }, metadata, callsOfConverse(body)),
  };
}

function readClaude({ bytes, label, model }: WholeBody) {
  const text = bytes.toString('utf8');
  const body = parseBody(text, label);
  const end = new ClaudeEnd();
  end.message(body);
  end.own(body);
  return {
    bytes: Buffer.from(replaceModel(text, model)),
    content: Array.isArray(body.content) && saysSomething(body.content),
    finish: end.finish(),
  };
}

/** The same for a client of Anthropic's own service. */
function readMessages(body: WholeBody) {
  const { bytes, content, finish } = readClaude(body);
  return { bytes: Buffer.from(withoutOwnMembers(bytes.toString('utf8'))), content, finish };
}

/** Not every model answers in JSON: the headers count then. */
function readNative({ bytes, answer: { headers } }: WholeBody) {
  const text = bytes.toString('utf8');
  const number = (name: string): number | undefined => {
    const value = headers[name];
    return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  const metrics = {
    inputTokenCount: number('x-amzn-bedrock-input-token-count'),
    outputTokenCount: number('x-amzn-bedrock-output-token-count'),
  };
  let last: unknown;
  try {
    last = JSON.parse(text);
  } catch {
    last = undefined;
  }
  // Where these forms have their text is not looked for.
  return { bytes, content: true, finish: endOfNative(last, metrics) };
}

/** Whether there is a block with anything in it: texts may be empty. */
const saysSomething = (blocks: readonly unknown[]): boolean =>
  blocks.some((block) => !isObject(block) || block.text !== '');

function parseBody(text: string, label: string): Record<string, unknown> {
  const fail = (cause?: unknown): RouterError =>
    brokenAnswer(label, "the answer is not a message of Anthropic's", { cause });
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw fail(cause);
  }
  if (!isObject(body) || !Array.isArray(body.content)) throw fail();
  return body;
}
