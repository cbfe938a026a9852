// Turnout's kit, for parrot: `npm test`. Take real answers of your service as fixtures.
import { test } from 'node:test';
import { testProvider } from '@turnout/core/testing';
import plugin from './index.ts';

const HEADERS = { 'content-type': 'application/jsonl' };
const lines = (...objects: object[]) => objects.map((one) => `${JSON.stringify(one)}\n`).join('');

testProvider(
  {
    plugin,
    config: (url) => ({ url, apiKey: 'a-key-for-tests' }),
    model: 'grey',
    fixtures: [
      {
        name: 'text in two pieces, with letters of two bytes',
        streamed: {
          headers: HEADERS,
          body: lines(
            { id: 'a-1' },
            { text: 'Grüß ' },
            { text: 'Gott' },
            { done: 'end', usage: { input: 3, output: 2 } },
          ),
        },
      },
      {
        name: 'text, then a tool call',
        request: { tools: [{ kind: 'function', name: 'get_weather', schema: { type: 'object' } }] },
        streamed: {
          headers: HEADERS,
          body: lines(
            { id: 'a-2' },
            { text: 'Let me look.' },
            { call: { id: 'c-1', name: 'get_weather', arguments: '{"city":"Oslo"}' } },
            { done: 'tools', usage: { input: 30, output: 12 } },
          ),
        },
      },
    ],
    // Tests that cannot hold for your service, by the beginning of their name, each with the reason.
    skip: [],
  },
  test,
);
