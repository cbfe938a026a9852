// cline, as a client of chat completions and of the Responses API.
import { type Agent, type Mode, NAMES } from './agent.ts';

const mode = (name: string, protocol: Mode['protocol'], provider: string): Mode => ({
  name,
  protocol,
  // It asks for no encrypted reasoning.
  replays: false,
  setUp: ({ url, key, prompt, home }) => ({
    before: ['auth', '-p', provider, '-k', key, '-m', NAMES.gpt, '-b', `${url}/v1`],
    argv: ['-P', provider, '-m', NAMES.gpt, '--json', prompt],
    files: { 'cline.json': JSON.stringify({ telemetryOptOut: true, autoUpdateEnabled: false }) },
    env: {
      // Otherwise it starts a hub, a daemon on a fixed port, where a hub of this machine's user may be already.
      CLINE_SESSION_BACKEND_MODE: 'local',
      CLINE_GLOBAL_SETTINGS_PATH: `${home}/cline.json`,
    },
  }),
});

export const cline: Agent = {
  name: 'cline',
  package: 'cline',
  bin: 'cline',
  modes: [mode('chat', 'openai-chat', 'openai'), mode('responses', 'openai-responses', 'openai-native')],
};
