// Section 8: cache points, where they may stand, how many, and for how long.
import { describe, expect, test } from 'vitest';
import { readUsage } from '../../plugins/bedrock/src/finish.ts';
import { asked } from './proof.ts';
import {
  assistant,
  call,
  HAIKU_3,
  holdRules,
  image,
  LLAMA,
  NOVA,
  OSS,
  pdf,
  result,
  SONNET_3_7,
  SONNET_4_5,
  SONNET_5,
  text,
  tool,
  user,
} from './rules.ts';

const cache = {};
const hour = { ttl: '1h' as const };
const short = { ttl: '5m' as const };
const point = { cachePoint: { type: 'default' } };
const hourPoint = { cachePoint: { type: 'default', ttl: '1h' } };

describe('section 8', () => {
  holdRules('8', [
    {
      rule: 'a cache point follows the content to cache: in tools as an entry, in system, in messages',
      asked: asked(SONNET_5, {
        tools: [tool('a'), tool('b', { cache })],
        system: [text('s', { cache })],
        messages: [user(text('m', { cache }), text('n'))],
      }),
      body: {
        toolConfig: { tools: [{ toolSpec: { name: 'a' } }, { toolSpec: { name: 'b' } }, point] },
        system: [{ text: 's' }, point],
        messages: [{ content: [{ text: 'm' }, point, { text: 'n' }] }],
      },
    },
    {
      rule: 'at most four: those of the system and the newest of the messages are kept',
      asked: asked(SONNET_5, {
        tools: [tool('a', { cache })],
        system: [text('s', { cache })],
        messages: [
          user(text('1', { cache })),
          assistant(text('2', { cache })),
          user(text('3', { cache })),
          assistant(text('4', { cache })),
          user(text('5', { cache })),
        ],
      }),
      body: {
        system: [{ text: 's' }, point],
        messages: [
          {},
          {},
          { content: [{ text: '3' }, point] },
          { content: [{ text: '4' }, point] },
          { content: [{ text: '5' }, point] },
        ],
      },
      absent: ['toolConfig.tools.1', 'messages.0.content.1', 'messages.1.content.1'],
      losses: ['cache:dropped'],
    },
    {
      rule: 'a TTL of 1h on Claude 4.5 and later',
      asked: asked(SONNET_4_5, { system: [text('s', { cache: hour })] }),
      body: { system: [{ text: 's' }, hourPoint] },
    },
    {
      rule: 'without a TTL none is sent: 5 minutes is the default',
      asked: asked(SONNET_4_5, { system: [text('s', { cache: short })] }),
      body: { system: [{ text: 's' }, point] },
      absent: ['system.1.cachePoint.ttl'],
    },
    {
      rule: 'a model without the hour keeps the point and loses the TTL',
      asked: asked(SONNET_3_7, { system: [text('s', { cache: hour })] }),
      body: { system: [{ text: 's' }, point] },
      absent: ['system.1.cachePoint.ttl'],
      losses: ['cache:approximated'],
    },
    {
      rule: 'TTLs do not grow from tools to system to messages: an hour after five minutes becomes five minutes',
      asked: asked(SONNET_5, {
        tools: [tool('a', { cache: hour })],
        system: [text('s', { cache: short })],
        messages: [user(text('m', { cache: hour }))],
      }),
      body: {
        toolConfig: { tools: [{}, hourPoint] },
        system: [{ text: 's' }, point],
        messages: [{ content: [{ text: 'm' }, point] }],
      },
      absent: ['messages.0.content.1.cachePoint.ttl'],
      losses: ['cache:approximated'],
    },
    {
      rule: 'TTLs that shrink are sent as they are',
      asked: asked(SONNET_5, { system: [text('s', { cache: hour })], messages: [user(text('m', { cache: short }))] }),
      body: { system: [{ text: 's' }, hourPoint], messages: [{ content: [{ text: 'm' }, point] }] },
    },
    {
      rule: 'Nova has no cache of tools',
      asked: asked(NOVA, { tools: [tool('a', { cache })], system: [text('s', { cache })] }),
      body: { system: [{ text: 's' }, point] },
      absent: ['toolConfig.tools.1'],
      losses: ['cache:dropped'],
    },
    {
      rule: 'Nova caches text only: not an image',
      asked: asked(NOVA, { messages: [user(text('m'), image({ cache }))] }),
      absent: ['messages.0.content.2'],
      losses: ['cache:dropped'],
    },
    {
      rule: 'Nova takes more than one point (recorded), and no TTL',
      asked: asked(NOVA, { system: [text('s', { cache: hour })], messages: [user(text('m', { cache }))] }),
      body: { system: [{ text: 's' }, point], messages: [{ content: [{ text: 'm' }, point] }] },
      absent: ['system.1.cachePoint.ttl'],
      losses: ['cache:approximated'],
    },
    ...[OSS, LLAMA, HAIKU_3].map((model) => ({
      rule: `a model without caching gets no point: ${model}`,
      asked: asked(model, { system: [text('s', { cache })] }),
      absent: ['system.1'],
      losses: ['cache:dropped'],
    })),
    {
      rule: 'a point is never first: a mark on blank text goes to the text before it',
      asked: asked(SONNET_5, { messages: [user(text(' ', { cache }), text('m'), text('', { cache }))] }),
      body: { messages: [{ content: [{ text: 'm' }, point] }] },
      losses: ['cache:dropped'],
    },
    {
      rule: 'a mark on blank system text goes to the text before it',
      asked: asked(SONNET_5, { system: [text('s'), text(' ', { cache })] }),
      body: { system: [{ text: 's' }, point] },
    },
    {
      rule: 'a point stands behind a tool result, never in one',
      asked: asked(SONNET_5, {
        tools: [tool('look')],
        messages: [user(text('a')), assistant(call('c1')), user({ ...result('c1', text('ok', { cache })), cache })],
      }),
      body: { messages: [{}, {}, { content: [{ toolResult: { content: [{ text: 'ok' }] } }, point] }] },
      absent: ['messages.2.content.0.toolResult.content.1'],
    },
    {
      rule: 'a mark inside a tool result moves behind it',
      asked: asked(SONNET_5, {
        tools: [tool('look')],
        messages: [user(text('a')), assistant(call('c1')), user(result('c1', text('ok', { cache })))],
      }),
      body: { messages: [{}, {}, { content: [{ toolResult: { content: [{ text: 'ok' }] } }, point] }] },
    },
    {
      rule: 'a point does not follow a document: it stands before the trailing ones',
      asked: asked(SONNET_5, { messages: [user(text('m'), { ...pdf('a'), cache })] }),
      body: { messages: [{ content: [{ text: 'm' }, point, { document: { name: 'a' } }] }] },
    },
    {
      rule: 'nor reasoning, which has no mark of its own',
      asked: asked(SONNET_5, {
        messages: [
          user(text('a', { cache })),
          assistant({ type: 'reasoning', text: 'x', cache } as const, text('b', { cache })),
          user(text('c')),
        ],
      }),
      body: { messages: [{ content: [{ text: 'a' }, point] }, { content: [{ text: 'b' }, point] }, {}] },
      losses: ['reasoning-history:dropped'],
    },
    {
      rule: 'the mark of media that were not fetched goes to what stands before them',
      asked: asked(SONNET_5, {
        messages: [user(text('m'), { type: 'media', mediaType: 'image/png', url: 'https://x.example/a.png', cache })],
      }),
      body: { messages: [{ content: [{ text: 'm' }, point] }] },
      losses: ['media:dropped'],
    },
    {
      rule: 'two marks at one place make one point',
      asked: asked(SONNET_5, { messages: [user(text('m', { cache }), text(' ', { cache }))] }),
      body: { messages: [{ content: [{ text: 'm' }, point] }] },
      absent: ['messages.0.content.2'],
    },
    {
      rule: 'a call may be followed by a point',
      asked: asked(SONNET_5, {
        tools: [tool('look')],
        messages: [user(text('a')), assistant({ ...call('c1'), cache }), user(result('c1'))],
      }),
      body: { messages: [{}, { content: [{ toolUse: {} }, point] }, {}] },
    },
  ]);

  test('8: reads and writes are reported apart from the input, and writes by their TTL', () => {
    const usage = readUsage({
      inputTokens: 10,
      outputTokens: 5,
      totalTokens: 115,
      cacheReadInputTokens: 60,
      cacheWriteInputTokens: 40,
      cacheDetails: [
        { ttl: '5m', inputTokens: 10 },
        { ttl: '1h', inputTokens: 30 },
      ],
    });
    expect(usage).toEqual({
      inputTokens: 10,
      outputTokens: 5,
      totalTokens: 115,
      cacheReadTokens: 60,
      cacheWriteTokens: 40,
      cacheWrite1hTokens: 30,
    });
  });
});
