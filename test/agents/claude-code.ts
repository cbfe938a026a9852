// Claude Code, as a client of the Messages API and of Bedrock.
import { type Agent, type Mode, NAMES, type SetUp } from './agent.ts';

/** Switches off what it asks others than the model for. */
const QUIET = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_TELEMETRY: '1',
  DISABLE_AUTOUPDATER: '1',
  DISABLE_ERROR_REPORTING: '1',
  // It retries a failure for minutes; here a failure is to be seen.
  CLAUDE_CODE_MAX_RETRIES: '1',
};

const run = (prompt: string, model: string, env: Record<string, string>): SetUp => ({
  argv: ['-p', prompt, '--model', model, '--allowedTools', 'Read', '--output-format', 'json'],
  env: { ...QUIET, ...env },
});

const messages = (name: string, variable: string): Mode => ({
  name,
  protocol: 'anthropic-messages',
  replays: true,
  setUp: ({ url, key, prompt }) => run(prompt, NAMES.claude, { ANTHROPIC_BASE_URL: url, [variable]: key }),
});

export const claudeCode: Agent = {
  name: 'claude-code',
  package: '@anthropic-ai/claude-code',
  bin: 'claude',
  modes: [
    messages('messages, x-api-key', 'ANTHROPIC_API_KEY'),
    messages('messages, bearer', 'ANTHROPIC_AUTH_TOKEN'),
    {
      name: 'bedrock, bearer',
      protocol: 'bedrock-invoke',
      replays: true,
      setUp: ({ url, key, prompt }) =>
        run(prompt, NAMES.bedrock, {
          CLAUDE_CODE_USE_BEDROCK: '1',
          ANTHROPIC_BEDROCK_BASE_URL: `${url}/bedrock`,
          AWS_BEARER_TOKEN_BEDROCK: key,
          AWS_REGION: 'us-east-1',
        }),
    },
    {
      name: 'bedrock, signed',
      protocol: 'bedrock-invoke',
      replays: true,
      setUp: ({ url, keyPair, prompt }) =>
        run(prompt, NAMES.bedrock, {
          CLAUDE_CODE_USE_BEDROCK: '1',
          ANTHROPIC_BEDROCK_BASE_URL: `${url}/bedrock`,
          AWS_ACCESS_KEY_ID: keyPair.accessKeyId,
          AWS_SECRET_ACCESS_KEY: keyPair.secretAccessKey,
          AWS_REGION: 'us-east-1',
        }),
    },
  ],
};
