// Section 7.3: reasoning that goes back and reasoning that does not.
import type { Part } from '@turnout/core/contract';
import { describe } from 'vitest';
import { asked, seal } from './proof.ts';
import {
  assistant,
  call,
  HAIKU_3,
  holdRules,
  LLAMA,
  NOVA_2,
  OSS,
  QWEN,
  R1,
  result,
  SONNET_4_5,
  SONNET_5,
  text,
  tool,
  user,
} from './rules.ts';

const thought = (words: string): Part => ({
  type: 'reasoning',
  text: words,
  signature: seal.sign(words),
  origin: 'claude',
});
const wire = (words: string) => ({ reasoningContent: { reasoningText: { text: words, signature: seal.sign(words) } } });
const hidden = seal.redact('hidden');
const redacted: Part = { type: 'reasoning', data: hidden, origin: 'claude' };
const tools = [tool('look')];
const on = { maxTokens: 9000, reasoning: { budget: 2000 }, tools };
const use = { toolUse: { toolUseId: 'c1', name: 'look' } };

describe('section 7.3', () => {
  holdRules('7.3', [
    {
      rule: '1. blocks go back as they came, first in the message, before text and calls',
      asked: asked(SONNET_4_5, {
        ...on,
        messages: [
          user(text('a')),
          assistant(thought(' so \n'), redacted, text('I look'), call('c1')),
          user(result('c1')),
        ],
      }),
      body: {
        messages: [
          {},
          {
            content: [wire(' so \n'), { reasoningContent: { redactedContent: btoa(hidden) } }, { text: 'I look' }, use],
          },
          {},
        ],
      },
    },
    {
      rule: '1. reasoning that a client put behind the text comes first again',
      asked: asked(SONNET_4_5, {
        ...on,
        messages: [user(text('a')), assistant(text('I look'), thought('so'), call('c1')), user(result('c1'))],
      }),
      body: { messages: [{}, { content: [wire('so'), { text: 'I look' }, use] }, {}] },
    },
    {
      rule: '1. interleaved reasoning keeps its place between words and calls',
      asked: asked(SONNET_5, {
        reasoning: {},
        tools,
        messages: [user(text('a')), assistant(thought('1'), text('b'), thought('2'), call('c1')), user(result('c1'))],
      }),
      body: { messages: [{}, { content: [wire('1'), { text: 'b' }, wire('2'), use] }, {}] },
    },
    {
      rule: '1. signed text is not trimmed, even when it is blank',
      asked: asked(SONNET_5, {
        reasoning: {},
        tools,
        messages: [user(text('a')), assistant(thought(''), call('c1')), user(result('c1'))],
      }),
      body: { messages: [{}, { content: [wire(''), use] }, {}] },
    },
    ...[SONNET_5, OSS, QWEN, R1].map((model) => ({
      rule: `2. unsigned reasoning is not sent again: ${model}`,
      asked: asked(model, {
        messages: [user(text('a')), assistant({ type: 'reasoning', text: 'hm' } as const, text('b')), user(text('c'))],
      }),
      body: { messages: [{}, { content: [{ text: 'b' }] }, {}] },
      losses: ['reasoning-history:dropped'],
    })),
    ...[NOVA_2, LLAMA, OSS, QWEN].map((model) => ({
      rule: `3. Claude's signature is not for another family: ${model}`,
      asked: asked(model, {
        messages: [user(text('a')), assistant(thought('b'), redacted, text('c')), user(text('d'))],
      }),
      body: { messages: [{}, { content: [{ text: 'c' }] }, {}] },
      absent: ['messages.1.content.1'],
      losses: ['reasoning-history:dropped'],
    })),
    {
      rule: "3. another vendor's signature is not for Claude",
      asked: asked(SONNET_5, {
        messages: [
          user(text('a')),
          assistant({ type: 'reasoning', text: 'x', signature: 'abc', origin: 'openai' }, text('c')),
          user(text('d')),
        ],
      }),
      absent: ['messages.1.content.1'],
      losses: ['reasoning-history:dropped'],
    },
    {
      rule: '3. a signature of which nobody knows whose it is stays here',
      asked: asked(SONNET_5, {
        messages: [
          user(text('a')),
          assistant({ type: 'reasoning', text: 'x', signature: 'abc' }, text('c')),
          user(text('d')),
        ],
      }),
      absent: ['messages.1.content.1'],
      losses: ['reasoning-history:dropped'],
    },
    {
      rule: '3. a Claude that does not reason takes none back',
      asked: asked(HAIKU_3, { messages: [user(text('a')), assistant(thought('b'), text('c')), user(text('d'))] }),
      absent: ['messages.1.content.1'],
      losses: ['reasoning-history:dropped'],
    },
    {
      rule: '4. a tool turn without its thinking turns budget thinking off for the request',
      asked: asked(SONNET_4_5, { ...on, messages: [user(text('a')), assistant(call('c1')), user(result('c1'))] }),
      absent: ['additionalModelRequestFields'],
      losses: ['reasoning:dropped'],
    },
    {
      rule: '4. adaptive thinking does not insist on it',
      asked: asked(SONNET_5, {
        reasoning: { effort: 'high' },
        tools,
        messages: [user(text('a')), assistant(call('c1')), user(result('c1'))],
      }),
      body: { additionalModelRequestFields: { thinking: { type: 'adaptive' } } },
    },
    {
      rule: '4. a tool turn that is over may lack it',
      asked: asked(SONNET_4_5, {
        ...on,
        messages: [user(text('a')), assistant(call('c1')), user(result('c1')), assistant(text('b')), user(text('c'))],
      }),
      body: { additionalModelRequestFields: { thinking: { type: 'enabled' } } },
    },
    {
      rule: '5. redacted reasoning is base64, as the client carried it',
      asked: asked(SONNET_5, { messages: [user(text('a')), assistant(redacted, text('b')), user(text('c'))] }),
      body: {
        messages: [{}, { content: [{ reasoningContent: { redactedContent: btoa(hidden) } }, { text: 'b' }] }, {}],
      },
    },
    {
      rule: '6. blank text beside reasoning is dropped, the reasoning kept',
      asked: asked(SONNET_5, {
        tools,
        messages: [user(text('a')), assistant(thought('b'), text(' '), call('c1')), user(result('c1'))],
      }),
      body: { messages: [{}, { content: [wire('b'), use] }, {}] },
    },
    {
      rule: '6. a message of reasoning alone is none',
      asked: asked(SONNET_5, { messages: [user(text('a')), assistant(thought('b'), text('')), user(text('c'))] }),
      body: { messages: [{ role: 'user', content: [{ text: 'a' }, { text: 'c' }] }] },
      losses: ['reasoning-history:dropped'],
    },
  ]);
});
