// A conversation that another family's model began goes on at Claude on Bedrock: what was sealed for the client is not sent there.
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from '../house.ts';

const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret' };
let local: BedrockLocal;
let house: House;
beforeAll(async () => {
  local = await startBedrockLocal({ credentials: [KEYS] });
  house = await openHouse(`
providers:
  bedrock:
    region: us-east-1
    crossRegion: geo
    endpoint: ${local.url}
    auth: { mode: keys, accessKeyId: ${KEYS.accessKeyId}, secretAccessKey: ${KEYS.secretAccessKey} }
routes:
  claude: bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0
`);
});
afterAll(async () => {
  await house.close();
  await local.close();
});

const SIGNATURE = 'tn1.openai.c2ln';
const bytes = (text: string): string => Buffer.from(text).toString('base64');

test.each(['converse', 'converse-stream'])('Converse: %s', async (operation) => {
  const content = [
    { reasoningContent: { reasoningText: { text: 'hm', signature: SIGNATURE } } },
    { reasoningContent: { redactedContent: bytes('tn1.openai.c2ln') } },
    { text: 'hello' },
    { reasoningContent: { redactedContent: bytes('tns1.tn1.gemini.c2ln') } },
  ];
  const messages = [
    { role: 'user', content: [{ text: 'hi' }] },
    { role: 'assistant', content },
    { role: 'user', content: [{ text: 'go on' }] },
  ];
  const answer = await house.post(`/model/claude/${operation}`, { messages });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-turnout-losses')).toContain('reasoningContent:dropped');
  await answer.arrayBuffer();
  expect(JSON.stringify(local.requests.at(-1)?.body)).not.toMatch(/tn1|dG4x|dG5z/);
});

test('InvokeModel', async () => {
  const content = [
    { type: 'thinking', thinking: 'hm', signature: SIGNATURE },
    { type: 'redacted_thinking', data: 'tn1.openai.c2ln' },
    { type: 'text', text: 'hello' },
    { type: 'redacted_thinking', data: 'tns1.tn1.gemini.c2ln' },
  ];
  const messages = [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content },
    { role: 'user', content: 'go on' },
  ];
  const answer = await house.post('/model/claude/invoke', {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 10,
    messages,
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-turnout-losses')).toContain(':dropped');
  expect(await answer.json()).toMatchObject({ type: 'message', role: 'assistant' });
  expect(JSON.stringify(local.requests.at(-1)?.body)).not.toMatch(/tn1|dG4x|dG5z/);
});
