// What the model of the agents' test sees in the bodies that vendors get, and what it does then.
import { expect, test } from 'vitest';
import { look as lookAtBedrock } from './bedrock-models.ts';
import { answerWith, fileWith, think } from './brain.ts';
import { look as lookAtOpenai } from './openai-models.ts';

const PATH = '/w/hello.txt';
const said = `1\t${fileWith('abc123')}`;
const args = { properties: { file_path: {}, offset: {} } };

const BODIES = {
  Converse: (results: boolean) => ({
    messages: [
      { role: 'user', content: [{ text: 'read hello.txt' }, { cachePoint: { type: 'default' } }] },
      ...(results ? [{ role: 'user', content: [{ toolResult: { toolUseId: 't', content: [{ text: said }] } }] }] : []),
    ],
    toolConfig: {
      tools: [{ toolSpec: { name: 'Read', inputSchema: { json: args } } }, { cachePoint: { type: 'default' } }],
    },
  }),
  InvokeModel: (results: boolean) => ({
    messages: [
      { role: 'user', content: 'read hello.txt' },
      ...(results ? [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: said }] }] : []),
    ],
    tools: [
      { type: 'web_search_20250305', name: 'web_search' },
      { name: 'Read', input_schema: args },
    ],
  }),
  OpenAI: (results: boolean) => ({
    messages: [
      { role: 'user', content: 'read hello.txt' },
      ...(results ? [{ role: 'tool', tool_call_id: 't', content: said }] : []),
    ],
    tools: [
      { type: 'function', function: { name: 'now' } },
      { type: 'function', function: { name: 'Read', parameters: args } },
    ],
  }),
};

test.each(Object.entries(BODIES))('%s: calls the tool, and answers what it has said', (vendor, bodyOf) => {
  const look = (json: unknown) => (vendor === 'OpenAI' ? lookAtOpenai(json) : lookAtBedrock(json).sight);
  const call = { name: 'Read', input: { file_path: PATH } };
  expect(think(look(bodyOf(false)), PATH)).toEqual({ text: 'I will read the file.', call });
  expect(think(look(bodyOf(true)), PATH)?.text).toContain(answerWith('abc123'));
});

const tool = (name: string, properties?: string[]) => ({ name, properties });
const program = `text(await tools.exec_command({cmd: "cat '/w/hello.txt'"}));`;

test.each([
  [tool('read', ['filePath']), { filePath: PATH }],
  [tool('read_files', ['files']), { files: [{ path: PATH }] }],
  [tool('exec_command', ['cmd', 'workdir']), { cmd: "cat '/w/hello.txt'" }],
  [tool('functions__exec', ['input']), { input: program }],
  [tool('exec'), program],
])('$0.name is called with its own arguments', (one, input) => {
  const tools = [tool('write', ['text']), one];
  expect(think({ results: '', signed: false, tools }, PATH)?.call).toEqual({ name: one.name, input });
});

test('without a tool that reads the model stands aside', () => {
  expect(think({ results: '', signed: false, tools: [tool('write', ['text'])] }, PATH)).toBeUndefined();
});

test('a tool that failed ends the conversation with its words', () => {
  expect(think({ results: '"no such file"', signed: false, tools: [tool('read')] }, PATH)).toEqual({
    text: 'The tool said: "no such file"',
  });
});

test('signed reasoning in the history is seen', () => {
  const reasoningContent = { reasoningText: { text: 'Hm', signature: 'c2ln' } };
  const converse = { messages: [{ role: 'assistant', content: [{ reasoningContent }] }] };
  const claude = {
    messages: [{ role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm', signature: 'c2ln' }] }],
  };
  expect([converse, claude].map((json) => lookAtBedrock(json).sight.signed)).toEqual([true, true]);
  expect(lookAtBedrock(BODIES.Converse(true)).sight.signed).toBe(false);
});
