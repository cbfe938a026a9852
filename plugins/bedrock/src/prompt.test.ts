// Knowledge 4.1, managed prompts: what they forbid is not sent, and what was asked for is said to be lost.
import { expect, it } from 'vitest';
import { chatRequest, createHost } from '../test/fixture.ts';
import { configSchema } from './config.ts';
import plugin from './index.ts';

const PROMPT = 'arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEF1234:2';
const auth = { mode: 'keys', accessKeyId: 'a', secretAccessKey: 'b' };

it('takes messages and variables, and nothing that it brings itself', async () => {
  const host = createHost();
  const provider = await plugin.create(configSchema.parse({ region: 'us-east-1', auth }), host);
  const tool = { kind: 'function', name: 'f', schema: { type: 'object', properties: {} } } as const;
  const request = chatRequest({
    model: PROMPT,
    system: [{ type: 'text', text: 'Be brief.' }],
    tools: [tool],
    maxTokens: 5,
    temperature: 0.5,
    extensions: { bedrock: { promptVariables: { city: 'Basel' } } },
  });
  const { wire, losses } = provider.plan(request, { protocol: 'openai-chat', stream: false });
  expect(wire).toMatchObject({ target: { id: PROMPT } });
  // The wire of this provider has a body.
  expect((wire as { body: object }).body).toEqual({
    messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
    promptVariables: { city: { text: 'Basel' } },
  });
  expect(losses.map(({ field }) => field)).toEqual(['system', 'tools', 'maxTokens', 'temperature']);
  await host.close();
});
