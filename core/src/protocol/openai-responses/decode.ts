// A Responses request, to the canonical form.
import type { ChatRequest } from '../../contract/index.ts';
import { startDecoding } from '../decoding.ts';
import { asBag, type Bag, checkDepth, isBag, optionalBoolean, present, wrong } from '../field-reader.ts';
import { type Asked, askedOf } from '../openai-chat/answer-extras.ts';
import type { Decoded } from '../protocol.ts';
import { decodeExtensions, refuseStateful } from './decode-extensions.ts';
import { decodeInput } from './decode-input.ts';
import { decodeSettings } from './decode-settings.ts';
import { decodeTools } from './decode-tools.ts';
import type { ToolNames } from './tool-names.ts';

/** What the encoder needs to know of the request. */
export interface ResponsesEcho {
  /** The fields that an answer repeats of its request. */
  readonly settings: Bag;
  /** The tier that was asked for. */
  readonly serviceTier?: string;
  /** What the client calls its tools. */
  readonly names: Pick<ToolNames, 'local' | 'isSearch'>;
  /** What the answer says besides its content. */
  readonly asked: Asked;
}

/** Throws `invalid-request` with the client's own field for whatever is missing, of the wrong type, or only possible where
 * answers are stored, and `unsupported` for files that only OpenAI holds. */
export function decode(body: unknown): Decoded<ResponsesEcho> {
  const bag = asBag(body, 'body');
  const { model } = bag;
  if (typeof model !== 'string' || model === '') throw wrong('model', 'missing');
  refuseStateful(bag);
  const decoding = startDecoding('input');
  const { tools, toolChoice, serverChoice, names } = decodeTools(bag, decoding);
  const { system, messages } = decodeInput(bag, names, decoding);
  const settings = settingsOf(bag);
  const request: ChatRequest = {
    model,
    system,
    messages,
    tools,
    ...present({ toolChoice, extensions: decodeExtensions(bag, serverChoice, decoding) }),
    ...decodeSettings(bag, tools.length > 0),
  };
  return {
    request,
    stream: optionalBoolean(bag, 'stream', '') ?? false,
    echo: {
      settings,
      names,
      asked: askedOf(bag),
      ...(typeof bag.service_tier === 'string' ? { serviceTier: bag.service_tier } : {}),
    },
    losses: [...decoding.losses.values()],
  };
}

/** As they were sent, else OpenAI's defaults; null where the default is the target's own. Nothing is ever stored. */
function settingsOf(body: Bag): Bag {
  const text = isBag(body.text) ? body.text : {};
  const settings = {
    background: false,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    metadata: body.metadata ?? {},
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: { effort: null, summary: null, ...(isBag(body.reasoning) ? body.reasoning : {}) },
    safety_identifier: body.safety_identifier ?? null,
    store: false,
    temperature: body.temperature ?? null,
    text: { verbosity: 'medium', ...text, format: text.format ?? { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? null,
    truncation: body.truncation ?? 'disabled',
    user: body.user ?? null,
  };
  // The tools were looked at when they were read; everything else is a plain value.
  checkDepth([settings.metadata, settings.reasoning, settings.text, settings.tool_choice], 'body');
  return settings;
}
