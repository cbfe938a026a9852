// Which of OpenAI's two APIs a request goes to.
import type { ChatRequest, PlanCall } from '@turnout/core/contract';
import type { Dialect } from './dialect.ts';
import type { Api } from './echo.ts';

/** Models that chat completions do not have (OpenAI's pages on its models, 2026-11). */
const RESPONSES_ONLY =
  /^(?:(?:(?:us|eu|apac|global)\.)?openai[./])?(?:o[13]-pro|o[34]-(?:mini-)?deep-research|gpt-5(?:\.\d+)?-(?:pro|codex)|codex-|computer-use)/;

export interface Choice {
  readonly api: Api;
  /** In one sentence, for `explain`. */
  readonly reason: string;
}

/** `forced`: what the YAML says. Reasoning can be brought back to OpenAI's models only through Responses, and a client of Responses is
 * answered best by it; everything else goes the way that every server has. */
export function chooseApi(
  request: ChatRequest,
  { protocol }: Pick<PlanCall, 'protocol'>,
  dialect: Dialect,
  forced: Api | undefined,
): Choice {
  if (forced !== undefined) return { api: forced, reason: `${NAMES[forced]}: the settings say so` };
  if (!dialect.responses) return { api: 'chat', reason: 'chat completions: the server is not known to have Responses' };
  const { model } = request;
  if (dialect.openaiWords && RESPONSES_ONLY.test(model))
    return { api: 'responses', reason: 'Responses: the model has nothing else' };
  const foreign = !dialect.customTools && request.tools.some(({ kind }) => kind === 'custom');
  if (foreign) return { api: 'chat', reason: 'chat completions: the server knows no tools of free text' };
  if (protocol === 'openai-responses') return { api: 'responses', reason: 'Responses, as the client speaks it' };
  const signed = request.messages.some(({ parts }) => parts.some(({ origin }) => origin === 'openai'));
  if (signed) return { api: 'responses', reason: 'Responses: the history holds reasoning that only it takes back' };
  if (protocol === 'openai-chat') return { api: 'chat', reason: 'chat completions, as the client speaks them' };
  const reasons = dialect.openaiWords && dialect.traits(model).reasons;
  return reasons
    ? { api: 'responses', reason: 'Responses: what the model has thought comes back only there' }
    : { api: 'chat', reason: 'chat completions: the model has no reasoning to bring back' };
}

const NAMES: Readonly<Record<Api, string>> = { chat: 'chat completions', responses: 'Responses' };
