// The paths of inference: which protocol is spoken where.
import { RouterError } from '../contract/index.ts';
import type { Router } from '../host/index.ts';
import { anthropicCount, anthropicMessages } from '../protocol/anthropic-messages/index.ts';
import { bedrockConverse } from '../protocol/bedrock-converse/index.ts';
import { bedrockCount, bedrockInvoke } from '../protocol/bedrock-invoke/index.ts';
import { openaiChat } from '../protocol/openai-chat/index.ts';
import { openaiResponses } from '../protocol/openai-responses/index.ts';
import type { CountCodec, Head, ProtocolCodec } from '../protocol/protocol.ts';
import { BEDROCK_SERVICE, type BedrockOperation, type BedrockPath } from '../wire/index.ts';
import { answerError } from './answer.ts';
import { type Client, welcome } from './client.ts';
import { count } from './count.ts';
import { embed } from './embeddings.ts';
import { exchange } from './exchange.ts';
import { type AppOptions, type Handler, keeping, refuseStrangers, shownPath } from './path.ts';
import { bedrockPathOf, decodeName } from './request-path.ts';
import { type Surface, taking } from './surface.ts';

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
const LATER = ['/images', '/images/*', '/rerank'];

export function addInferencePaths(surface: Surface, options: AppOptions): void {
  for (const prefix of ['/v1', '/openai/v1']) {
    surface.serve('POST', `${prefix}/chat/completions`, inference(speaking(openaiChat), options));
    surface.serve('POST', `${prefix}/responses`, inference(speaking(openaiResponses), options));
    surface.serve('POST', `${prefix}/embeddings`, inference(embed, options));
    for (const path of LATER) surface.serve('any', `${prefix}${path}`, comesLater);
  }
  for (const prefix of ['/v1', '/anthropic/v1']) {
    surface.serve('POST', `${prefix}/messages`, inference(speaking(anthropicMessages), options));
    surface.serve('POST', `${prefix}/messages/count_tokens`, inference(counting(anthropicCount), options));
  }
}

const comesLater: Handler = (asked) => {
  const words = `${shownPath(asked.incoming)} is not served yet: chat completions, messages, responses, embeddings and models are`;
  answerError(asked, new RouterError('invalid-request', words, { status: 404 }));
};

function inference(answer: Serve, options: AppOptions): Handler {
  return ({ incoming, outgoing }) => {
    const router = options.router();
    const admit = () => {
      refuseAtTheDoor(incoming, router, options);
      const caller = router.keys.identify(incoming.headers);
      return () => caller;
    };
    const client = welcome(incoming, outgoing, { clients: options.clients, observer: options.observer, admit });
    return keeping(router, () => answer(client, router, { headers: incoming.headers }));
  };
}

/** Finds who serves a path of Bedrock's: model and operation are in it, and the request may be signed. */
export function bedrockInference(options: AppOptions): (path: string) => Handler | undefined {
  return (path) => {
    const asked = bedrockPathOf(path);
    return asked && taking('POST', serveBedrock(asked, options));
  };
}

function serveBedrock({ encodedModel, operation }: BedrockPath, options: AppOptions): Handler {
  const { answer, stream } = BEDROCK_OPERATIONS[operation];
  return ({ incoming, outgoing }) => {
    const model = decodeName(encodedModel);
    const router = options.router();
    const admit = () => {
      refuseAtTheDoor(incoming, router, options);
      const { method = '', url: target = '', headers } = incoming;
      return router.keys.challenge({ method, target, headers }, BEDROCK_SERVICE);
    };
    const client = welcome(incoming, outgoing, { clients: options.clients, observer: options.observer, admit });
    return keeping(router, () => answer(client, router, { headers: incoming.headers, model, stream }));
  };
}

/** Whoever it is, not now, or not from there. */
function refuseAtTheDoor(incoming: Client['incoming'], router: Router, options: AppOptions): void {
  if (options.draining()) throw new RouterError('overloaded', 'the router is shutting down', { retryAfterMs: 1_000 });
  refuseStrangers(incoming, router, options);
}
