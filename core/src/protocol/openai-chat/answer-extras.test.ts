// What stands beside `choices`: only what the client reads, and only what the answer has.
import { describe, expect, it } from 'vitest';
import { answerExtrasOf, askedOf } from './answer-extras.ts';

const extras = {
  serviceTier: { type: 'flex' },
  performanceConfig: { latency: 'optimized' },
  metrics: { latencyMs: 12 },
  trace: { promptRouter: { invokedModelId: 'm' } },
  additionalModelResponseFields: { stop_reason: 'end_turn' },
};
const of = (bag: Record<string, unknown>, asked = {}) =>
  answerExtrasOf({ extensions: { 'bedrock-converse': bag } }, asked);

describe('the extras of an answer', () => {
  it('are not there for a client that asks for none', () => {
    expect(of(extras)).toBeUndefined();
    expect(answerExtrasOf({}, { bedrock: true, serviceTier: true })).toBeUndefined();
    expect(
      answerExtrasOf({ extensions: { other: { serviceTier: { type: 'flex' } } } }, { serviceTier: true }),
    ).toBeUndefined();
  });

  it('are named as the client asked', () => {
    expect(askedOf({})).toEqual({});
    expect(askedOf({ service_tier: null, bedrock: null })).toEqual({});
    expect(of(extras, askedOf({ service_tier: 'auto' }))).toEqual({ service_tier: 'flex' });
    expect(of(extras, askedOf({ bedrock: {} }))).toEqual({
      bedrock: {
        serviceTier: 'flex',
        latency: 'optimized',
        latencyMs: 12,
        trace: extras.trace,
        additionalModelResponseFields: extras.additionalModelResponseFields,
      },
    });
    expect(of({ serviceTier: { type: 'reserved' } }, { serviceTier: true })).toEqual({ service_tier: 'scale' });
  });

  it("pass on OpenAI's own word for the tier", () => {
    const finish = { extensions: { 'openai-chat': { service_tier: 'default' } } };
    expect(answerExtrasOf(finish, { serviceTier: true })).toEqual({ service_tier: 'default' });
    expect(answerExtrasOf(finish, { bedrock: true })).toBeUndefined();
  });

  it("hold a guardrail's trace unasked: it is there only when somebody wanted it", () => {
    const trace = { guardrail: { inputAssessment: {} } };
    expect(of({ trace })).toEqual({ bedrock: { trace } });
  });

  it('survive what is not as it should be', () => {
    const odd = { serviceTier: 5, performanceConfig: null, metrics: 'x', trace: [] };
    expect(of(odd, { bedrock: true, serviceTier: true })).toEqual({ bedrock: { trace: [] } });
  });
});
