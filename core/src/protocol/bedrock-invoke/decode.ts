// A request of Bedrock's InvokeModel: Claude's own body, to the canonical form; any other model's is for Bedrock alone.
import type { ChatRequest } from '../../contract/index.ts';
import { RouterError } from '../../contract/index.ts';
import { decodeCount, decode as decodeMessages, type MessagesEcho } from '../anthropic-messages/index.ts';
import { modelOf } from '../bedrock-converse/decode.ts';
import { invalid } from '../bedrock-converse/validation.ts';
import { asBag, type Bag, checkDepth, isAbsent } from '../field-reader.ts';
import type { CountCodec, Decoded, Head } from '../protocol.ts';
import { decodeHeaders } from './decode-headers.ts';

/** What the encoder needs to know of the request. */
export interface InvokeEcho extends MessagesEcho {
  /** When it was read, by `performance.now()`: an answer says how long it took. */
  readonly startedMs: number;
}

/** Bedrock's own `bedrock-2023-05-31`, and the API's own versions, which `@anthropic-ai/bedrock-sdk` 1.x sends (2026-11). */
const VERSION = /^(bedrock-)?[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

const NATIVE =
  "a body without anthropic_version is in the form of one model's own, which only Bedrock takes: send Claude's form, or use Converse";

/** Model and stream are those of the path; a guardrail, a tier and more stand in the headers. Throws `invalid-request` with
 * the client's own field for whatever is missing or of the wrong type. */
export function decode(body: unknown, head: Head): Decoded<InvokeEcho> {
  const startedMs = performance.now();
  const bag = asBag(body, 'body');
  // All of it at once: Bedrock is sent the whole body.
  checkDepth(bag, 'body');
  const model = modelOf(head);
  const extras = decodeHeaders(head);
  if (!isClaude(bag)) {
    const request: ChatRequest = {
      model,
      system: [],
      messages: [],
      tools: [],
      ...(extras ? { extensions: extras } : {}),
    };
    const echo = { startedMs, names: new Map<string, string>() };
    return { request, stream: head.stream === true, echo, losses: [], relayOnly: NATIVE };
  }
  const decoded = decodeMessages(bag, head);
  const request = extras
    ? { ...decoded.request, extensions: { ...decoded.request.extensions, ...extras } }
    : decoded.request;
  return { ...decoded, request, stream: head.stream === true, echo: { ...decoded.echo, startedMs } };
}

/** The body of a token count. Throws `unsupported` for one that is not Claude's. */
export function decodeInvoked(body: unknown, head: Head): ReturnType<CountCodec['decode']> {
  const bag = asBag(body, 'input.invokeModel.body');
  if (!isClaude(bag)) throw new RouterError('unsupported', NATIVE, { field: 'input.invokeModel.body' });
  return decodeCount(bag, { ...head, model: modelOf(head) });
}

function isClaude(body: Bag): boolean {
  const version = body.anthropic_version;
  if (isAbsent(version)) return false;
  if (typeof version === 'string' && VERSION.test(version)) return true;
  throw invalid("anthropic_version: Input should be 'bedrock-2023-05-31'", 'anthropic_version');
}
