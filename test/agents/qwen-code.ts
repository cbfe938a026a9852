// qwen-code, as a client of chat completions and of the Messages API.
import { type Agent, NAMES } from './agent.ts';

const files = { '.qwen/settings.json': JSON.stringify({ privacy: { usageStatisticsEnabled: false } }) };

export const qwenCode: Agent = {
  name: 'qwen-code',
  package: '@qwen-code/qwen-code',
  bin: 'qwen',
  modes: [
    {
      name: 'chat',
      protocol: 'openai-chat',
      replays: false,
      setUp: ({ url, key, prompt }) => ({
        argv: ['-p', prompt, '--auth-type', 'openai'],
        env: { OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: key, OPENAI_MODEL: NAMES.gpt },
        files,
      }),
    },
    {
      name: 'messages',
      protocol: 'anthropic-messages',
      replays: true,
      setUp: ({ url, key, prompt }) => ({
        argv: ['-p', prompt, '--auth-type', 'anthropic'],
        env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key, ANTHROPIC_MODEL: NAMES.claude },
        files,
      }),
    },
  ],
};
