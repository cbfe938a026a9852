// What the AI SDK and LangChain send back of an answer is what the model said, with every signature.
import { createOpenAI } from '@ai-sdk/openai';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, isStepCount, streamText, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ChatEvent } from '../../core/src/contract/index.ts';
import { openaiResponses } from '../../core/src/protocol/openai-responses/index.ts';
import { type AnsweringServer, type PreparedAnswer, startAnsweringServer } from '../openai-chat/answering-server.ts';
import { type AnswerBlock, eventsOf, plainFinish } from '../openai-chat/answers.ts';
import { contextFor, encodeStream, resultOf } from './answers.ts';

let server: AnsweringServer;
beforeAll(async () => {
  server = await startAnsweringServer();
});
afterAll(() => server.close());

const BLOCKS: readonly AnswerBlock[] = [
  { block: { type: 'reasoning', origin: 'claude' }, fragments: ['let ', 'me see'], end: { signature: 'U0lH' } },
  { block: { type: 'reasoning', origin: 'claude' }, fragments: [], end: { data: 'UkVE' } },
  { block: { type: 'text', origin: 'gemini' }, fragments: ['On it.'], end: { signature: 'VEVY' } },
  {
    block: { type: 'tool-call', id: 'c1', name: 'weather', origin: 'gemini' },
    fragments: ['{"city":', '"Graz"}'],
    end: { signature: 'R0VN' },
  },
];
const SAID = [
  { type: 'reasoning', text: 'let me see', signature: 'U0lH', origin: 'claude' },
  { type: 'reasoning', data: 'UkVE', origin: 'claude' },
  { type: 'text', text: 'On it.', signature: 'VEVY', origin: 'gemini' },
  { type: 'tool-call', id: 'c1', name: 'weather', input: '{"city":"Graz"}', signature: 'R0VN', origin: 'gemini' },
];
const calling = eventsOf(BLOCKS, { ...plainFinish, reason: 'tool-calls' });
const ending = eventsOf([{ block: { type: 'text' }, fragments: ['It is ', 'sunny.'], end: {} }], plainFinish);

const prepared = (events: readonly ChatEvent[], streams: boolean): PreparedAnswer =>
  streams
    ? { headers: { 'content-type': openaiResponses.streamContentType }, pieces: [encodeStream(events)] }
    : {
        headers: { 'content-type': 'application/json' },
        pieces: [openaiResponses.encodeResult(resultOf(events), contextFor())],
      };

/** The second request holds the whole first turn. */
function expectReplay(): void {
  const { request, losses } = openaiResponses.decode(server.lastBody);
  expect(losses).toEqual([]);
  expect(request.messages.slice(1)).toEqual([
    { role: 'assistant', parts: SAID },
    { role: 'user', parts: [{ type: 'tool-result', id: 'c1', parts: [{ type: 'text', text: 'sunny' }] }] },
  ]);
}

describe.each([true, false])('streamed: %s', (streams) => {
  test('AI SDK 7, told that nothing is stored', async () => {
    const weather = tool({
      inputSchema: z.object({ city: z.string() }),
      execute: () => {
        server.answer = prepared(ending, streams);
        return 'sunny';
      },
    });
    const settings = {
      model: createOpenAI({ baseURL: server.client.baseURL, apiKey: 'sk-test' }).responses('gpt-5.5'),
      prompt: 'What is the weather in Graz?',
      tools: { weather },
      stopWhen: isStepCount(3),
      // Otherwise it sends references to items, which the router answers with this advice.
      providerOptions: { openai: { store: false } },
    };
    server.answer = prepared(calling, streams);
    const text = streams ? await streamText(settings).text : (await generateText(settings)).text;
    expect(text).toBe('It is sunny.');
    expectReplay();
  });

  test('LangChain', async () => {
    const model = new ChatOpenAI({
      ...{ model: 'gpt-5.5', apiKey: 'sk-test', useResponsesApi: true, streaming: streams },
      configuration: { baseURL: server.client.baseURL },
    });
    const question = new HumanMessage('What is the weather in Graz?');
    server.answer = prepared(calling, streams);
    const first = await model.invoke([question]);
    expect(first.tool_calls).toMatchObject([{ id: 'c1', name: 'weather', args: { city: 'Graz' } }]);
    server.answer = prepared(ending, streams);
    const second = await model.invoke([question, first, new ToolMessage({ content: 'sunny', tool_call_id: 'c1' })]);
    expect(second.text).toBe('It is sunny.');
    expectReplay();
  });
});
