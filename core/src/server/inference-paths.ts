// The paths of inference: which protocol is spoken where.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Hono } from 'hono';
import { RouterError } from '../contract/index.ts';
import type { Router } from '../host/index.ts';
import { anthropicCount, anthropicMessages } from '../protocol/anthropic-messages/index.ts';
import { bedrockConverse } from '../protocol/bedrock-converse/index.ts';
import { bedrockCount, bedrockInvoke } from '../protocol/bedrock-invoke/index.ts';
import { openaiChat } from '../protocol/openai-chat/index.ts';
import { openaiResponses } from '../protocol/openai-responses/index.ts';
import type { CountCodec, Head, ProtocolCodec } from '../protocol/protocol.ts';
import { BEDROCK_SERVICE, type BedrockOperation } from '../wire/index.ts';
import { type Client, welcome } from './client.ts';
import { count } from './count.ts';
import { embed } from './embeddings.ts';
import { errorDoorOf, errorResponse } from './error-door.ts';
import { exchange } from './exchange.ts';
import { type AppOptions, type Env, type Handler, keeping, refuseStrangers, serve, shownPath } from './path.ts';
import { bedrockPathOf, decodeName } from './request-path.ts';

/** Answers, and never throws. */
type Serve = (client: Client, router: Router, head: Head) => Promise<void>;

const speaking =
  <Echo>(codec: ProtocolCodec<Echo>): Serve =>
  (client, router, head) =>
    exchange(codec, client, router, head);
const counting =
  (codec: CountCodec): Serve =>
  (client, router, head) =>
    count(codec, client, router, head);

const BEDROCK_OPERATIONS: Readonly<Record<BedrockOperation, { readonly answer: Serve; readonly stream: boolean }>> = {
  converse: { answer: speaking(bedrockConverse), stream: false },
  'converse-stream': { answer: speaking(bedrockConverse), stream: true },
  invoke: { answer: speaking(bedrockInvoke), stream: false },
  'invoke-with-response-stream': { answer: speaking(bedrockInvoke), stream: true },
  'count-tokens': { answer: counting(bedrockCount), stream: false },
};

/** What clients ask for and no provider here can do yet. */
const LATER = ['/images/*', '/rerank'];

export function addInferencePaths(app: Hono<Env>, options: AppOptions): void {
  for (const prefix of ['/v1', '/openai/v1']) {
    serve(app, 'POST', `${prefix}/chat/completions`, inference(speaking(openaiChat), options));
    serve(app, 'POST', `${prefix}/responses`, inference(speaking(openaiResponses), options));
    serve(app, 'POST', `${prefix}/embeddings`, inference(embed, options));
    for (const path of LATER) app.all(`${prefix}${path}`, comesLater);
  }
  for (const prefix of ['/v1', '/anthropic/v1']) {
    serve(app, 'POST', `${prefix}/messages`, inference(speaking(anthropicMessages), options));
    serve(app, 'POST', `${prefix}/messages/count_tokens`, inference(counting(anthropicCount), options));
  }
  for (const operation of Object.keys(BEDROCK_OPERATIONS))
    serve(app, 'POST', bedrockRoute(operation), bedrockInference(options));
}

/** The name by which the app knows an operation, whatever the model: its own path cannot be matched piece by piece. */
export const bedrockRoute = (operation: string): string => `/model/-/${operation}`;

const comesLater: Handler = ({ env: { incoming } }) => {
  const words = `${shownPath(incoming)} is not served yet: chat completions, messages, responses, embeddings and models are`;
  return errorResponse(errorDoorOf(incoming), new RouterError('invalid-request', words, { status: 404 }));
};

function inference(answer: Serve, options: AppOptions): Handler {
  return async ({ env: { incoming, outgoing } }) => {
    const router = options.router();
    const admit = () => {
      refuseAtTheDoor(incoming, router, options);
      const caller = router.keys.identify(incoming.headers);
      return () => caller;
    };
    const client = welcome(incoming, outgoing, { clients: options.clients, observer: options.observer, admit });
    await keeping(router, () => answer(client, router, { headers: incoming.headers }));
    return RESPONSE_ALREADY_SENT;
  };
}

/** Model and operation are in the path here, and the request may be signed. */
function bedrockInference(options: AppOptions): Handler {
  return async ({ env: { incoming, outgoing } }) => {
    const path = bedrockPathOf(incoming);
    // The app's own route says that it is one; this is the type system's question.
    if (path === undefined) throw new RouterError('internal', 'no such path');
    const model = decodeName(path.encodedModel);
    const { answer, stream } = BEDROCK_OPERATIONS[path.operation];
    const router = options.router();
    const admit = () => {
      refuseAtTheDoor(incoming, router, options);
      const { method = '', url: target = '', headers } = incoming;
      return router.keys.challenge({ method, target, headers }, BEDROCK_SERVICE);
    };
    const client = welcome(incoming, outgoing, { clients: options.clients, observer: options.observer, admit });
    await keeping(router, () => answer(client, router, { headers: incoming.headers, model, stream }));
    return RESPONSE_ALREADY_SENT;
  };
}

/** Whoever it is, not now, or not from there. */
function refuseAtTheDoor(incoming: Client['incoming'], router: Router, options: AppOptions): void {
  if (options.draining()) throw new RouterError('overloaded', 'the router is shutting down', { retryAfterMs: 1_000 });
  refuseStrangers(incoming, router, options);
}
