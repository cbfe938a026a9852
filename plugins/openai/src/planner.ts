// What becomes of a request: which API is asked, and whether the client's own body goes there or one that is rebuilt.
import type { ChatRequest, Plan, PlanCall } from '@turnout/core/contract';
import { chooseApi } from './api.ts';
import type { Api, RelayWire } from './echo.ts';
import { relayChat } from './relay-chat.ts';
import { misfitOf } from './relay-fit.ts';
import { misfitOfResponse, relayResponse } from './relay-responses.ts';
import { type Server, shapeRequest } from './request.ts';
import { shapeResponse } from './responses-request.ts';
import { type Bag, isBag } from './wire.ts';

/** A plan without what is the provider's to say. */
export interface Planned extends Omit<Plan, 'resolution'> {
  readonly reasoningLine: string | undefined;
  readonly reasons: readonly string[];
}

/** Pure. Throws RouterError `invalid-request` or `unsupported` for what cannot be sent at all. */
export function planRequest(request: ChatRequest, call: PlanCall, server: Server, forced: Api | undefined): Planned {
  const { api, reason } = chooseApi(request, call, server.dialect, forced);
  const relayed = planRelay(request, call, server, api);
  if (typeof relayed === 'object') return { ...relayed, reasons: [reason, RELAYED] };
  const { wire, losses, reasoningLine } = (api === 'chat' ? shapeRequest : shapeResponse)(request, call, server);
  const reasons = relayed === undefined ? [reason] : [reason, `the body is rebuilt: ${relayed}`];
  return { wire, losses, reasoningLine, reasons };
}

const RELAYED = "the client's own body is sent, and the answer's bytes go to the client as they come";

/** The plan to relay; or why there is none, undefined where the client does not speak the API that is asked. */
function planRelay(
  request: ChatRequest,
  { protocol, stream, body }: PlanCall,
  server: Server,
  api: Api,
): Omit<Planned, 'reasons'> | string | undefined {
  if (protocol !== `openai-${api}` || !isBag(body)) return undefined;
  const { dialect, lessons } = server;
  if (stream && !lessons.streams) return 'the server does not stream';
  const reasoningField = dialect.reasoningField ?? lessons.of(request.model).reasoningField;
  const misfit =
    api === 'chat' ? misfitOf(body, request, { dialect, reasoningField }) : misfitOfResponse(body, request, dialect);
  if (misfit !== undefined) return misfit;
  const shaped = (api === 'chat' ? relayChat : relayResponse)(body, request, server);
  const wire: RelayWire = {
    ...{ api, stream, model: request.model, body: shaped.body },
    showsUsage: showsUsage(body),
    choices: typeof body.n === 'number' ? body.n : 1,
  };
  return { wire, losses: shaped.losses, reasoningLine: shaped.reasoningLine, relay: true };
}

const showsUsage = ({ stream_options: options }: Bag): boolean => isBag(options) && options.include_usage === true;
