// The kit, for Gemini: server-sent events, and whole answers.
import { testProvider } from '@turnout/core/testing';
import { test } from 'vitest';
import gemini from './index.ts';

const HEADERS = { 'content-type': 'text/event-stream' };
const JSON_HEADERS = { 'content-type': 'application/json; charset=UTF-8' };
const SIGNATURE = 'CiQB4/H/Xg==';
const usageMetadata = {
  promptTokenCount: 20,
  cachedContentTokenCount: 8,
  candidatesTokenCount: 5,
  thoughtsTokenCount: 7,
  totalTokenCount: 32,
};
const about = { modelVersion: 'gemini-3-pro-preview', responseId: 'answer-1' };
const FIRST_USAGE = { promptTokenCount: 20, cachedContentTokenCount: 8, totalTokenCount: 20 };

type Parts = readonly object[];
const content = (parts: Parts) => ({ role: 'model', parts });
const candidate = (parts: Parts) => ({ candidates: [{ content: content(parts), index: 0 }], ...about });

/** One event for each list of parts, and the reason of the end on the last. */
const streamed = (chunks: readonly Parts[], finishReason = 'STOP') => ({
  headers: HEADERS,
  body: chunks
    .map((parts, index) =>
      index < chunks.length - 1
        ? { ...candidate(parts), usageMetadata: FIRST_USAGE }
        : { candidates: [{ content: content(parts), finishReason, index: 0 }], usageMetadata, ...about },
    )
    .map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`)
    .join(''),
});
const whole = (parts: Parts, finishReason = 'STOP') => ({
  headers: JSON_HEADERS,
  body: JSON.stringify(
    { candidates: [{ content: content(parts), finishReason, index: 0 }], usageMetadata, ...about },
    null,
    2,
  ),
});

const tools = [{ kind: 'function', name: 'get_weather', schema: { type: 'object', properties: {} } }] as const;
const call = (city: string) => ({ functionCall: { name: 'get_weather', args: { city } } });

testProvider(
  {
    plugin: gemini,
    config: (url) => ({ apiKey: 'a-test-key', baseUrl: `${url}/v1beta` }),
    model: 'gemini-3-pro-preview',
    fixtures: [
      {
        name: 'text in two pieces, with letters of two bytes, signed at its end',
        streamed: streamed([[{ text: 'Grüß ' }], [{ text: 'Gott' }], [{ text: '', thoughtSignature: SIGNATURE }]]),
        whole: whole([{ text: 'Grüß Gott', thoughtSignature: SIGNATURE }]),
      },
      {
        name: 'a summary of thoughts, then two calls, the first of them signed',
        request: { tools, reasoning: { effort: 'low' } },
        streamed: streamed([
          [{ text: 'Weather', thought: true }],
          [{ ...call('Oslo'), thoughtSignature: SIGNATURE }],
          [call('Rome')],
        ]),
        whole: whole([
          { text: 'Weather', thought: true },
          { ...call('Oslo'), thoughtSignature: SIGNATURE },
          call('Rome'),
        ]),
      },
      {
        name: 'code that was run, and what it said',
        streamed: streamed([
          [{ executableCode: { language: 'PYTHON', code: 'print(1)' } }],
          [{ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } }],
          [{ text: 'One' }],
        ]),
        whole: whole([
          { executableCode: { language: 'PYTHON', code: 'print(1)' } },
          { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } },
          { text: 'One' },
        ]),
      },
    ],
  },
  test,
);
