// Whatever is asked gives a request that AWS's API model and bedrock-local take, or a clear refusal of our own; and signed
// reasoning goes back byte for byte.
import { type ChatRequest, type Part, RouterError } from '@turnout/core/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyRequest, thinkingConversation } from './conversations.ts';
import { prove } from './proof.ts';

/** True when it was sent; throws for everything but a clear refusal. */
function isSent(asked: ChatRequest): boolean {
  try {
    prove(asked);
    return true;
  } catch (error) {
    if (!RouterError.is(error)) throw error;
    expect(['invalid-request', 'unsupported']).toContain(error.code);
    expect(error.status).toBe(400);
    expect(error.message.length).toBeGreaterThan(15);
    return false;
  }
}

describe('any conversation', () => {
  it('is taken, or refused in clear words', () => {
    let sent = 0;
    fc.assert(
      fc.property(anyRequest, (asked) => {
        if (isSent(asked)) sent++;
      }),
      { numRuns: 4000, seed: 7 },
    );
    expect(sent).toBeGreaterThan(2000);
  });

  it('is taken by every model in turn: what one family refuses is dropped for it', () => {
    const models = [
      'anthropic.claude-sonnet-5',
      'anthropic.claude-sonnet-4-5-20250929-v1:0',
      'amazon.nova-2-lite-v1:0',
      'amazon.nova-pro-v1:0',
      'meta.llama3-3-70b-instruct-v1:0',
      'mistral.mistral-large-2402-v1:0',
      'openai.gpt-oss-120b-1:0',
      'qwen.qwen3-32b-v1:0',
    ];
    fc.assert(
      fc.property(anyRequest, (asked) => {
        for (const model of models) isSent({ ...asked, model });
      }),
      { numRuns: 400, seed: 11 },
    );
  });
});

const CLAUDES = [
  'anthropic.claude-3-7-sonnet-20250219-v1:0',
  'anthropic.claude-sonnet-4-5-20250929-v1:0',
  'anthropic.claude-opus-4-6-v1',
  'anthropic.claude-sonnet-5',
  'anthropic.claude-opus-5-5',
];

describe('signed reasoning', () => {
  const asWire = (part: Part): unknown => {
    if (part.type !== 'reasoning') return [];
    if (part.data !== undefined) return { redactedContent: btoa(part.data) };
    return { reasoningText: { text: part.text, signature: part.signature } };
  };

  it('survives turns of tool use byte for byte, in its place, redacted and interleaved too', () => {
    fc.assert(
      fc.property(thinkingConversation, fc.constantFrom(...CLAUDES), (messages, model) => {
        const tools = [{ kind: 'function' as const, name: 'look' }];
        const { body, losses } = prove({ model, system: [], messages, tools, reasoning: { budget: 4000 } });
        const sent = body.messages.map(({ content }) => content.flatMap((block) => block.reasoningContent ?? []));
        expect(sent).toEqual(messages.map(({ parts }) => parts.flatMap(asWire)));
        for (const { role, content } of body.messages) {
          if (role === 'assistant') expect(content[0]?.reasoningContent).toBeDefined();
        }
        // The turn that is going on keeps thinking.
        expect(body.additionalModelRequestFields?.thinking).toMatchObject({
          type: expect.stringMatching(/enabled|adaptive/),
        });
        expect(losses.filter((loss) => loss === 'reasoning-history:dropped')).toEqual([]);
      }),
      { numRuns: 400, seed: 13 },
    );
  });

  it('goes to no other family, and that is a loss', () => {
    fc.assert(
      fc.property(
        thinkingConversation,
        fc.constantFrom('amazon.nova-2-lite-v1:0', 'qwen.qwen3-32b-v1:0'),
        (messages, model) => {
          const { body, losses } = prove({ model, system: [], messages, tools: [{ kind: 'function', name: 'look' }] });
          expect(JSON.stringify(body)).not.toContain('reasoningContent');
          expect(losses).toContain('reasoning-history:dropped');
        },
      ),
      { numRuns: 100, seed: 17 },
    );
  });
});
