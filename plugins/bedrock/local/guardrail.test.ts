// The guardrail that bedrock-local plays.
import type { ConverseRequestBody } from '@turnout/core/wire';
import { describe, expect, it } from 'vitest';
import type { Answer } from './answer.ts';
import { guarded } from './guardrail.ts';

const answer: Answer = {
  content: [{ text: 'You said it.' }],
  stopReason: 'end_turn',
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  fingerprint: 'f',
};
const body = (text: string, trace?: string): ConverseRequestBody => ({
  messages: [{ role: 'user', content: [{ text }] }],
  guardrailConfig: {
    guardrailIdentifier: 'gr1',
    guardrailVersion: '1',
    ...(trace === undefined ? {} : { trace }),
  },
});

describe('a guardrail', () => {
  it('lets through what it does not know, and blocks one word', () => {
    expect(guarded(answer, body('hello'))).toEqual(answer);
    expect(guarded(answer, body('unblocked'))).toEqual(answer);
    expect(guarded(answer, body('this is Blocked.'))).toEqual({
      fingerprint: 'f',
      content: [{ text: 'Sorry, the model cannot answer this question.' }],
      stopReason: 'guardrail_intervened',
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    });
  });

  it('looks at what is marked for it', () => {
    const marked = { guardContent: { text: { text: 'blocked' } } };
    const request = { ...body(''), messages: [{ role: 'user' as const, content: [marked] }] };
    expect(guarded(answer, request).stopReason).toBe('guardrail_intervened');
  });

  it('tells what it found only when asked', () => {
    expect(guarded(answer, body('blocked', 'disabled'))).not.toHaveProperty('trace');
    expect(guarded(answer, body('fine', 'enabled')).trace).toMatchObject({
      guardrail: { inputAssessment: { gr1: {} } },
    });
    expect(JSON.stringify(guarded(answer, body('blocked', 'enabled_full')).trace)).toContain('"match":"blocked"');
  });

  it('is not there unasked', () => {
    expect(guarded(answer, { messages: body('blocked').messages })).toBe(answer);
  });
});
