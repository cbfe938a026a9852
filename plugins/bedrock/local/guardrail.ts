// A guardrail as bedrock-local plays it: every guardrail exists, and blocks a message that has the word "blocked" in it.
import type { ConverseRequestBody } from '@turnout/core/wire';
import type { Answer } from './answer.ts';

/** AWS's own default for a blocked prompt. */
const BLOCKED_MESSAGING = 'Sorry, the model cannot answer this question.';

/** What the request's guardrail makes of the answer; the answer itself where there is none. */
export function guarded(answer: Answer, body: ConverseRequestBody): Answer {
  const guardrail = body.guardrailConfig;
  if (guardrail === undefined) return answer;
  const words = lastText(body);
  const blocked = /\bblocked\b/i.test(words);
  const trace = guardrail.trace === 'enabled' || guardrail.trace === 'enabled_full';
  const traced = trace ? { trace: { guardrail: traceOf(String(guardrail.guardrailIdentifier), blocked) } } : {};
  if (!blocked) return { ...answer, ...traced };
  const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  return {
    fingerprint: answer.fingerprint,
    content: [{ text: BLOCKED_MESSAGING }],
    stopReason: 'guardrail_intervened',
    usage,
    ...traced,
  };
}

/** The shape is that of recorded traces, 2025. */
function traceOf(id: string, blocked: boolean): object {
  const usage = { wordPolicyUnits: 1, topicPolicyUnits: 0, contentPolicyUnits: 0 };
  const metrics = { invocationMetrics: { guardrailProcessingLatency: 10, usage } };
  const found = { wordPolicy: { customWords: [{ match: 'blocked', action: 'BLOCKED' }] } };
  return { inputAssessment: { [id]: blocked ? { ...found, ...metrics } : metrics } };
}

function lastText(body: ConverseRequestBody): string {
  const content = body.messages.findLast(({ role }) => role === 'user')?.content ?? [];
  return content.map((block) => block.text ?? JSON.stringify(block.guardContent ?? '')).join(' ');
}
