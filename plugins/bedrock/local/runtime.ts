// The five operations: validates a request as Bedrock would and answers it.

import { type Take, takeJson } from '@turnout/core/testing';
import type { ConverseRequestBody } from '@turnout/core/wire';
import { type Answer, type AnswerTools, composeAnswer } from './answer.ts';
import { encodeChat, encodeChatStream, readChat } from './chat-completion.ts';
import { claudeHeaders, encodeClaude, encodeClaudeStream } from './claude-answer.ts';
import { parseClaude, toConverse } from './claude-body.ts';
import { encodeConverse, encodeConverseStream } from './converse-answer.ts';
import { COUNT_TOKENS } from './converse-shape.ts';
import { answerEmbedding } from './embedding.ts';
import { guarded } from './guardrail.ts';
import { echoOf, readInvokeHeaders } from './invoke-headers.ts';
import type { ModelDirectory, ResolvedModel } from './model.ts';
import { invalid, Refusal } from './refusal.ts';
import type { ScriptedAnswer } from './script.ts';
import { checkShape } from './shape.ts';
import type { Target } from './target.ts';
import { countPrompt } from './token-count.ts';
import { checkClaude } from './validate-claude.ts';
import { checkConverse, parseConverse } from './validate-converse.ts';

export interface RuntimeTools extends AnswerTools {
  readonly models: ModelDirectory;
}

export interface RuntimeRequest {
  readonly target: Target;
  readonly body: Buffer;
  /** The caller's region, when it is known. */
  readonly region: string | undefined;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
}

/** Answers a request. Throws Refusal. */
export function runOperation(request: RuntimeRequest, tools: RuntimeTools, override: ScriptedAnswer = {}): Take {
  const { operation, modelId } = request.target;
  if (operation === 'count-tokens') return countTokens(request, tools);
  if (operation === 'converse' || operation === 'converse-stream') {
    const body = parseConverse(parseJson(request.body), operation === 'converse-stream');
    const model = tools.models.resolve(modelId, request.region);
    if (model.facts.kind === 'embedding' || model.imported) throw invalid(NO_CHAT);
    checkConverse(body, model, tools.seal);
    const answer = overridden(guarded(composeAnswer(body, model, tools), body), override);
    return operation === 'converse'
      ? takeAnswer(encodeConverse(answer, body, model), answer)
      : takeFrames(encodeConverseStream(answer, body, model), answer);
  }
  const model = tools.models.resolve(modelId, request.region);
  const embedding = operation === 'invoke' ? answerEmbedding(model, request.body) : undefined;
  if (embedding !== undefined) {
    const counted = { 'x-amzn-bedrock-input-token-count': String(embedding.inputTokens) };
    return takeJson(embedding.body, 0, counted);
  }
  if (model.imported) {
    const chat = readChat(parseJson(request.body));
    const answer = overridden(composeAnswer(chat, model, tools), override);
    return operation === 'invoke'
      ? takeAnswer(encodeChat(answer), answer)
      : takeFrames(encodeChatStream(answer), answer);
  }
  const settings = readInvokeHeaders(request.headers ?? {});
  const { converse: read } = readClaude(request.body, model, tools);
  const converse = { ...read, ...settings };
  const answer = overridden(guarded(composeAnswer(converse, model, tools), converse), override);
  return operation === 'invoke'
    ? takeAnswer(encodeClaude(answer, model, converse.guardrailConfig !== undefined), answer, {
        ...claudeHeaders(answer),
        ...echoOf(settings),
      })
    : takeFrames(encodeClaudeStream(answer, model, converse.guardrailConfig !== undefined), answer, {
        'x-amzn-bedrock-content-type': 'application/json',
        ...echoOf(settings),
      });
}

const NO_CHAT =
  "This action doesn't support the model that you provided. Try again with a supported text or chat model.";

function readClaude(body: Buffer, model: ResolvedModel, tools: RuntimeTools): { converse: ConverseRequestBody } {
  if (model.claude === undefined) {
    throw invalid(
      'bedrock-local answers InvokeModel only for anthropic.claude models and embeddings; script a recorded answer for others.',
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    throw invalid('Malformed input request, please reformat your input and try again.');
  }
  const claude = parseClaude(parsed);
  const converse = toConverse(claude);
  checkClaude(claude, converse, model, tools.seal);
  return { converse };
}

function countTokens(request: RuntimeRequest, tools: RuntimeTools): Take {
  const body = parseJson(request.body);
  checkShape(COUNT_TOKENS, body);
  const { input } = body as { input: { converse?: unknown; invokeModel?: { body: string } } }; // checked by shape
  const model = tools.models.resolveBare(request.target.modelId);
  if (model.claude === undefined) throw invalid("The provided model doesn't support counting tokens.");
  let converse: ConverseRequestBody;
  if (input.invokeModel === undefined) {
    converse = parseConverse(input.converse, false);
    checkConverse(converse, model, tools.seal);
  } else {
    converse = readClaude(Buffer.from(input.invokeModel.body, 'base64'), model, tools).converse;
  }
  return takeJson({ inputTokens: countPrompt(converse) });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new Refusal('SerializationException', 'The request body is not valid JSON', { origin: 'front' });
  }
}

function overridden(own: Answer, { content, stopReason, usage, trace, serviceTier }: ScriptedAnswer): Answer {
  const answer = {
    ...own,
    ...(trace === undefined ? {} : { trace }),
    ...(serviceTier === undefined ? {} : { serviceTier }),
  };
  if (content === undefined && stopReason === undefined && usage === undefined) return answer;
  const called = content?.some((block) => block.toolUse !== undefined);
  const natural = content === undefined ? answer.stopReason : called ? 'tool_use' : 'end_turn';
  const merged = { ...answer.usage, ...usage };
  const total =
    merged.inputTokens + merged.outputTokens + (merged.cacheReadInputTokens ?? 0) + (merged.cacheWriteInputTokens ?? 0);
  return {
    ...answer,
    content: content ?? answer.content,
    stopReason: stopReason ?? natural,
    usage: { ...merged, totalTokens: usage?.totalTokens ?? total },
  };
}

const takeAnswer = (value: object, { usage }: Answer, headers: Record<string, string> = {}): Take =>
  takeJson(value, usage.outputTokens, headers);

/** Both kinds of stream end in two frames: messageStop and metadata, message_delta and message_stop. */
const takeFrames = (frames: Buffer[], answer: Answer, headers: Record<string, string> = {}): Take => ({
  headers: { 'content-type': 'application/vnd.amazon.eventstream', ...headers },
  frames,
  stream: true,
  endFrames: 2,
  outputTokens: answer.usage.outputTokens,
});
