// opencode, which brings the AI SDK's providers along and so speaks every protocol.
import type { Protocol } from '../../core/src/contract/index.ts';
import { type Agent, type Mode, NAMES, type Place } from './agent.ts';

interface Dialect {
  readonly name: string;
  readonly protocol: Protocol;
  readonly model: string;
  /** The AI SDK's package, and what it is told. */
  readonly npm: string;
  options(place: Place): object;
}

const openai = ({ url, key }: Place) => ({ baseURL: `${url}/v1`, apiKey: key });

const DIALECTS: readonly Dialect[] = [
  {
    name: 'chat',
    protocol: 'openai-chat',
    model: NAMES.gpt,
    npm: '@ai-sdk/openai-compatible',
    options: openai,
  },
  {
    name: 'messages',
    protocol: 'anthropic-messages',
    model: NAMES.claude,
    npm: '@ai-sdk/anthropic',
    options: openai,
  },
  { name: 'responses', protocol: 'openai-responses', model: NAMES.gpt, npm: '@ai-sdk/openai', options: openai },
  {
    name: 'converse',
    protocol: 'bedrock-converse',
    model: NAMES.bedrock,
    npm: '@ai-sdk/amazon-bedrock',
    options: ({ url, key }) => ({ baseURL: `${url}/bedrock`, apiKey: key, region: 'us-east-1' }),
  },
];

const modeOf = ({ name, protocol, model, npm, options }: Dialect): Mode => ({
  name,
  protocol,
  // Its provider for chat completions knows no reasoning_details.
  replays: protocol !== 'openai-chat',
  setUp: (place) => ({
    argv: ['run', '-m', `turnout/${model}`, place.prompt],
    env: {
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_NAMES_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    },
    files: {
      '.config/opencode/opencode.json': JSON.stringify({
        provider: { turnout: { npm, name: 'Turnout', options: options(place), models: { [model]: { name: model } } } },
      }),
    },
  }),
});

export const opencode: Agent = {
  name: 'opencode',
  package: 'opencode-ai',
  bin: 'opencode',
  modes: DIALECTS.map(modeOf),
};
