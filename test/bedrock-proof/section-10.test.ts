// Section 10: the hard rules of messages, sampling, media and the rest.
import type { Part } from '@turnout/core/contract';
import { describe } from 'vitest';
import { asked } from './proof.ts';
import {
  assistant,
  call,
  HAIKU_3,
  holdRules,
  image,
  LLAMA,
  MISTRAL,
  NOVA,
  NOVA_2,
  OSS,
  pdf,
  QWEN,
  result,
  SONNET_3_7,
  SONNET_4_5,
  SONNET_4_6,
  SONNET_5,
  text,
  tool,
  user,
} from './rules.ts';

const TITAN = 'amazon.titan-text-express-v1';
const MIXTRAL = 'mistral.mixtral-8x7b-instruct-v0:1';
const GPT = 'openai.gpt-5.6-luna';
const media = (mediaType: string, data: Buffer, name?: string): Part => ({
  type: 'media',
  mediaType,
  data: data.toString('base64'),
  ...(name === undefined ? {} : { name }),
});

/** The first bytes of an image of that size, the rest is filled up. */
const png = (widthPx: number, heightPx: number, bytes = 64): Buffer => {
  const file = Buffer.alloc(bytes);
  file.write('\x89PNG\r\n\x1a\n', 'latin1');
  file.writeUInt32BE(13, 8);
  file.write('IHDR', 12, 'latin1');
  file.writeUInt32BE(widthPx, 16);
  file.writeUInt32BE(heightPx, 20);
  return file;
};
const gif = (widthPx: number, heightPx: number): Buffer => {
  const file = Buffer.alloc(64);
  file.write('GIF89a', 'latin1');
  file.writeUInt16LE(widthPx, 6);
  file.writeUInt16LE(heightPx, 8);
  return file;
};
const jpeg = (widthPx: number, heightPx: number): Buffer => {
  // A comment of 300 bytes stands before the frame header.
  const file = Buffer.alloc(400);
  file.writeUInt32BE(0xffd8fffe, 0);
  file.writeUInt16BE(302, 4);
  file.writeUInt16BE(0xffc2, 306);
  file.writeUInt16BE(17, 308);
  file.writeUInt8(8, 310);
  file.writeUInt16BE(heightPx, 311);
  file.writeUInt16BE(widthPx, 313);
  return file;
};
const webp = (widthPx: number, heightPx: number): Buffer => {
  const file = Buffer.alloc(64);
  file.write('RIFF', 'latin1');
  file.write('WEBPVP8X', 8, 'latin1');
  file.writeUIntLE(widthPx - 1, 24, 3);
  file.writeUIntLE(heightPx - 1, 27, 3);
  return file;
};

describe('section 10, messages', () => {
  holdRules('10', [
    {
      rule: 'roles alternate: neighbours of one role become one message',
      asked: asked(SONNET_5, {
        messages: [user(text('a')), user(text('b')), assistant(text('c')), assistant(text('d')), user(text('e'))],
      }),
      body: {
        messages: [
          { role: 'user', content: [{ text: 'a' }, { text: 'b' }] },
          { role: 'assistant', content: [{ text: 'c' }, { text: 'd' }] },
          { role: 'user', content: [{ text: 'e' }] },
        ],
      },
    },
    ...[NOVA, LLAMA, MISTRAL, OSS].map((model) => ({
      rule: `the first message is of the user: a turn is put before it (${model})`,
      asked: asked(model, { messages: [assistant(text('a')), user(text('b'))] }),
      body: { messages: [{ role: 'user', content: [{ text: '.' }] }, { role: 'assistant' }, {}] },
      losses: ['messages:approximated'],
    })),
    ...[SONNET_5, QWEN].map((model) => ({
      rule: `except that Claude and Qwen take the assistant first (${model})`,
      asked: asked(model, { messages: [assistant(text('a')), user(text('b'))] }),
      body: { messages: [{ role: 'assistant' }, { role: 'user' }] },
    })),
    {
      rule: 'there is at least one message',
      asked: asked(SONNET_5, { messages: [] }),
      refused: /no message has any content/,
    },
    {
      rule: 'a system prompt alone gets a turn of the user',
      asked: asked(SONNET_5, { messages: [], system: [text('Say hello')] }),
      body: { messages: [{ role: 'user', content: [{ text: '.' }] }] },
      losses: ['messages:approximated'],
    },
    ...[SONNET_4_6, 'anthropic.claude-opus-4-6-v1', SONNET_5, NOVA_2].map((model) => ({
      rule: `no prefill: the model is asked to go on (${model})`,
      asked: asked(model, { messages: [user(text('a')), assistant(text('The answer is'))] }),
      body: { messages: [{}, {}, { role: 'user', content: [{ text: 'Continue.' }] }] },
      losses: ['messages:approximated'],
    })),
    ...[SONNET_4_5, SONNET_3_7, HAIKU_3].map((model) => ({
      rule: `prefill where it is allowed, without white space at its end (${model})`,
      asked: asked(model, { messages: [user(text('a')), assistant(text('The answer is \n'))] }),
      body: { messages: [{}, { role: 'assistant', content: [{ text: 'The answer is' }] }] },
    })),
    {
      rule: 'blank text is dropped, other white space stays',
      asked: asked(SONNET_5, { messages: [user(text(''), text(' \n\t'), text('\u2028'), text(' a '))] }),
      body: { messages: [{ content: [{ text: ' a ' }] }] },
      absent: ['messages.0.content.1'],
    },
    {
      rule: 'a message that is left empty is dropped, its neighbours joined',
      asked: asked(SONNET_5, { messages: [user(text('a')), assistant(text(' ')), user(text('b'))] }),
      body: { messages: [{ content: [{ text: 'a' }, { text: 'b' }] }] },
      absent: ['messages.1'],
    },
    {
      rule: 'an empty tool result says so in words that are not blank',
      asked: asked(SONNET_5, {
        tools: [tool('look')],
        messages: [user(text('a')), assistant(call('c1')), user({ type: 'tool-result', id: 'c1', parts: [text(' ')] })],
      }),
      body: { messages: [{}, {}, { content: [{ toolResult: { content: [{ text: '(empty)' }] } }] }] },
    },
    {
      rule: 'a blank system prompt is none',
      asked: asked(SONNET_5, { system: [text(' ')] }),
      absent: ['system'],
    },
    ...[TITAN, 'mistral.mistral-7b-instruct-v0:2', MIXTRAL].map((model) => ({
      rule: `no system prompt: it becomes the first text of the user (${model})`,
      asked: asked(model, { system: [text('Be brief')] }),
      body: { messages: [{ content: [{ text: 'Be brief' }, { text: 'Hello' }] }] },
      absent: ['system'],
      losses: ['system:approximated'],
    })),
    {
      rule: 'a system message between turns is text of the user',
      asked: asked(SONNET_5, {
        messages: [user(text('a')), assistant(text('b')), { role: 'system', parts: [text('c')] }, user(text('d'))],
      }),
      body: { messages: [{}, {}, { content: [{ text: 'c' }, { text: 'd' }] }] },
      losses: ['messages:approximated'],
    },
    {
      rule: 'calls and results stand where they belong: others are left out',
      asked: asked(SONNET_5, {
        tools: [tool('look')],
        messages: [user(text('a'), call('c1')), assistant(result('c2'), text('b')), user(text('c'))],
      }),
      body: { messages: [{ content: [{ text: 'a' }] }, { content: [{ text: 'b' }] }, {}] },
      absent: ['messages.0.content.1', 'messages.1.content.1'],
      losses: ['messages:dropped'],
    },
    {
      rule: 'media of the assistant are left out',
      asked: asked(SONNET_5, { messages: [user(text('a')), assistant(text('b'), image()), user(text('c'))] }),
      absent: ['messages.1.content.1'],
      losses: ['media:dropped'],
    },
  ]);
});

describe('section 10, limits and sampling', () => {
  holdRules('10', [
    {
      rule: 'stop sequences: no empty ones, for Claude none of white space',
      asked: asked(SONNET_5, { stop: ['', ' \n', 'END'] }),
      body: { inferenceConfig: { stopSequences: ['END'] } },
      losses: ['stop:dropped'],
    },
    {
      rule: 'stop sequences: white space for others',
      asked: asked(NOVA, { stop: ['', '\n'] }),
      body: { inferenceConfig: { stopSequences: ['\n'] } },
      losses: ['stop:dropped'],
    },
    {
      rule: 'stop sequences: Nova takes four',
      asked: asked(NOVA, { stop: ['a', 'b', 'c', 'd', 'e'] }),
      body: { inferenceConfig: { stopSequences: ['a', 'b', 'c', 'd'] } },
      losses: ['stop:dropped'],
    },
    ...[LLAMA, OSS, QWEN].map((model) => ({
      rule: `stop sequences: none (${model})`,
      asked: asked(model, { stop: ['a'] }),
      absent: ['inferenceConfig.stopSequences'],
      losses: ['stop:dropped'],
    })),
    {
      rule: 'stop sequences: an empty list is none',
      asked: asked(SONNET_5, { stop: [] }),
      absent: ['inferenceConfig.stopSequences', 'additionalModelResponseFieldPaths'],
    },
    {
      rule: 'stop sequences: Claude is asked which one it met',
      asked: asked(SONNET_5, { stop: ['a'] }),
      body: { additionalModelResponseFieldPaths: ['/stop_sequence', '/delta/stop_sequence'] },
    },
    {
      rule: 'temperature is 0 to 1: more is cut',
      asked: asked(NOVA, { temperature: 1.7 }),
      body: { inferenceConfig: { temperature: 1 } },
      losses: ['temperature:approximated'],
    },
    {
      rule: 'temperature 0 is a temperature',
      asked: asked(NOVA, { temperature: 0 }),
      body: { inferenceConfig: { temperature: 0 } },
    },
    {
      rule: 'topP 0 is not for Nova',
      asked: asked(NOVA, { topP: 0 }),
      absent: ['inferenceConfig.topP'],
      losses: ['topP:dropped'],
    },
    ...[
      'anthropic.claude-opus-4-1-20250805-v1:0',
      SONNET_4_5,
      'anthropic.claude-haiku-4-5-20251001-v1:0',
      'anthropic.claude-opus-4-5-20251101-v1:0',
      SONNET_4_6,
    ].map((model) => ({
      rule: `temperature and top_p exclude each other, temperature stays (${model})`,
      asked: asked(model, { temperature: 0.5, topP: 0.5 }),
      body: { inferenceConfig: { temperature: 0.5 } },
      absent: ['inferenceConfig.topP'],
      losses: ['topP:dropped'],
    })),
    {
      rule: 'top_p alone is taken',
      asked: asked(SONNET_4_5, { topP: 0.5 }),
      body: { inferenceConfig: { topP: 0.5 } },
    },
    {
      rule: 'models without sampling lose it',
      asked: asked(GPT, { temperature: 0.5, topP: 0.5 }),
      absent: ['inferenceConfig.temperature', 'inferenceConfig.topP'],
      losses: ['temperature:dropped', 'topP:dropped'],
    },
    {
      rule: 'seed, penalties, logprobs, n and logit_bias have no place',
      asked: asked(NOVA, {
        seed: 1,
        user: 'u',
        extensions: {
          'openai-chat': { frequency_penalty: 1, presence_penalty: 1, logprobs: true, n: 2, logit_bias: {} },
        },
      }),
      absent: ['additionalModelRequestFields', 'requestMetadata'],
      losses: [
        'frequency_penalty:dropped',
        'logit_bias:dropped',
        'logprobs:dropped',
        'n:dropped',
        'presence_penalty:dropped',
        'seed:dropped',
        'user:dropped',
      ],
    },
    {
      rule: 'maxTokens is always sent',
      asked: asked(SONNET_5, {}),
      body: { inferenceConfig: { maxTokens: 8192 } },
    },
  ]);
});

const MB = 1024 * 1024;

describe('section 10, media', () => {
  holdRules('10', [
    {
      rule: 'an image is what its bytes say, not what it is called',
      asked: asked(SONNET_5, { messages: [user(text('a'), media('image/jpeg', png(10, 10)))] }),
      body: { messages: [{ content: [{ text: 'a' }, { image: { format: 'png' } }] }] },
    },
    {
      rule: 'a URL that was not fetched is left out',
      asked: asked(SONNET_5, {
        messages: [user(text('a'), { type: 'media', mediaType: 'image/png', url: 'https://x.example/a.png' })],
      }),
      absent: ['messages.0.content.1'],
      losses: ['media:dropped'],
    },
    {
      rule: 'at most 20 images',
      asked: asked(SONNET_5, { messages: [user(text('a'), ...Array.from({ length: 21 }, () => image()))] }),
      refused: /21 images: Bedrock takes 20/,
    },
    {
      rule: '20 images are taken',
      asked: asked(SONNET_5, { messages: [user(text('a'), ...Array.from({ length: 20 }, () => image()))] }),
    },
    {
      rule: 'at most 5 documents, those in tool results too',
      asked: asked(SONNET_5, {
        tools: [tool('look')],
        messages: [
          user(text('a'), pdf(), pdf(), pdf()),
          assistant(call('c1')),
          user(result('c1', pdf(), pdf(), pdf())),
        ],
      }),
      refused: /6 documents: Bedrock takes 5/,
    },
    {
      rule: 'an image of 3.75 MB at most: the message names it',
      asked: asked(SONNET_5, { messages: [user(text('a'), image(), media('image/png', png(10, 10, 4 * MB)))] }),
      refused: /image 2 of the request \(png\) is 4\.00 MB: Bedrock takes 3\.75 MB/,
    },
    {
      rule: 'an image of exactly 3.75 MB is taken',
      asked: asked(NOVA, { messages: [user(text('a'), media('image/png', png(10, 10, 3.75 * MB)))] }),
    },
    ...Object.entries({ png: png(8001, 10), gif: gif(8001, 10), jpeg: jpeg(8001, 10), webp: webp(8001, 10) }).map(
      ([format, file]) => ({
        rule: `a side of 8000 pixels at most: ${format}`,
        asked: asked(SONNET_5, { messages: [user(text('a'), media(`image/${format}`, file))] }),
        refused: new RegExp(`image 1 of the request \\(${format}\\) is 8001 × 10 pixels: Bedrock takes 8000 a side`),
      }),
    ),
    ...Object.entries({ png: png(10, 8000), gif: gif(10, 8000), jpeg: jpeg(10, 8000), webp: webp(10, 8000) }).map(
      ([format, file]) => ({
        rule: `8000 pixels are taken: ${format}`,
        asked: asked(SONNET_5, { messages: [user(text('a'), media(`image/${format}`, file))] }),
      }),
    ),
    {
      rule: 'a document of 4.5 MB at most: the message names it',
      asked: asked(SONNET_5, { messages: [user(text('a'), media('text/csv', Buffer.alloc(5 * MB), 'sales.csv'))] }),
      refused: /document 1 of the request \("sales", csv\) is 5\.00 MB: Bedrock takes 4\.5 MB/,
    },
    {
      rule: 'an image for a model that takes none is refused',
      asked: asked(OSS, { messages: [user(text('a'), image())] }),
      refused: /takes no images/,
    },
    ...[
      'mistral.mistral-large-2402-v1:0',
      'mistral.mistral-small-2402-v1:0',
      'mistral.mistral-7b-instruct-v0:2',
      'mistral.mixtral-8x7b-instruct-v0:1',
      'amazon.titan-text-express-v1',
    ].map((model) => ({
      rule: `and for one of which the catalogue does not say, but whose family is known: ${model}`,
      asked: asked(model, { messages: [user(text('a'), image())] }),
      refused: /takes no images/,
    })),
    ...['google.gemma-3-12b-it', 'anthropic.claude-sonnet-5-5'].map((model) => ({
      rule: `an image is taken where the family sees, whatever the catalogue leaves out: ${model}`,
      asked: asked(model, { messages: [user(text('a'), image())] }),
      body: { messages: [{ content: [{}, { image: {} }] }] },
    })),
    {
      rule: 'an image of an earlier turn, seen by another model, is left out for it',
      asked: asked(OSS, { messages: [user(image()), assistant(text('a cat')), user(text('what colour?'))] }),
      body: { messages: [{ content: [{ text: '(an image that is not shown)' }] }, {}, {}] },
      losses: ['media:dropped'],
    },
    {
      rule: 'a document needs a text beside it',
      asked: asked(SONNET_5, { messages: [user(pdf('x'))] }),
      body: { messages: [{ content: [{ document: {} }, { text: '(see the attached document)' }] }] },
    },
    {
      rule: 'text for a guardrail to look at is none beside a document',
      asked: asked(SONNET_5, { messages: [user(text('a', { extensions: { bedrock: { guard: true } } }), pdf())] }),
      body: {
        messages: [{ content: [{ guardContent: {} }, { document: {} }, { text: '(see the attached document)' }] }],
      },
    },
    {
      rule: 'document names: no ending, letters, digits, single spaces, ()[]- only',
      asked: asked(SONNET_5, { messages: [user(text('a'), pdf('Q3_report  (final)[v2]-ü!.pdf'))] }),
      body: { messages: [{ content: [{}, { document: { name: 'Q3 report (final)[v2]-', format: 'pdf' } }] }] },
    },
    {
      rule: 'document names are unique and never empty',
      asked: asked(SONNET_5, { messages: [user(text('a'), pdf('a'), pdf('a.pdf'), pdf())] }),
      body: {
        messages: [
          {
            content: [
              {},
              { document: { name: 'a' } },
              { document: { name: 'a (2)' } },
              { document: { name: 'Document' } },
            ],
          },
        ],
      },
    },
    {
      rule: 'document names have 200 characters at most',
      asked: asked(SONNET_5, { messages: [user(text('a'), pdf('x'.repeat(500)))] }),
      body: { messages: [{ content: [{}, { document: { name: 'x'.repeat(190) } }] }] },
    },
    {
      rule: 'a type that Bedrock does not know is refused',
      asked: asked(SONNET_5, { messages: [user(text('a'), media('application/zip', Buffer.from('PK')))] }),
      refused: /no media of the type application\/zip/,
    },
    {
      rule: 'a document may say what it is and ask to be cited',
      asked: asked(SONNET_5, {
        messages: [user(text('a'), { ...pdf('x'), context: 'the handbook', citable: true } as Part)],
      }),
      body: { messages: [{ content: [{}, { document: { context: 'the handbook', citations: { enabled: true } } }] }] },
    },
    {
      rule: 'citations of an answer go back to Claude',
      asked: asked(SONNET_5, {
        messages: [
          user(text('a'), pdf('x')),
          assistant(
            text('b', {
              citations: [{ title: 'x', place: { in: 'pages', document: 0, start: 1, end: 2 } }],
            }),
          ),
          user(text('c')),
        ],
      }),
      body: {
        messages: [
          {},
          {
            content: [
              {
                citationsContent: {
                  content: [{ text: 'b' }],
                  citations: [{ title: 'x', location: { documentPage: { documentIndex: 0, start: 1, end: 2 } } }],
                },
              },
            ],
          },
          {},
        ],
      },
    },
    {
      rule: 'citations of the web are left out, the text stays',
      asked: asked(SONNET_5, {
        messages: [
          user(text('a')),
          assistant(text('b', { citations: [{ title: 'x', place: { in: 'web', url: 'https://x.example/' } }] })),
          user(text('c')),
        ],
      }),
      body: { messages: [{}, { content: [{ text: 'b' }] }, {}] },
      losses: ['citations:dropped'],
    },
  ]);
});
