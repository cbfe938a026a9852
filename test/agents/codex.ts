// Codex, which speaks the Responses API only, and to each generation of models in other kinds of tools.
import { type Agent, type Mode, NAMES } from './agent.ts';

const config = (url: string) => `model_provider = "turnout"
check_for_update_on_startup = false

[model_providers.turnout]
name = "Turnout"
base_url = "${url}/v1"
env_key = "TURNOUT_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
`;

/** What would ask others than the model. */
const DISABLED = ['apps', 'plugins', 'remote_plugin', 'tool_suggest', 'skill_search'];

const responses = (name: string, model: string): Mode => ({
  name,
  protocol: 'openai-responses',
  replays: true,
  setUp: ({ url, key, prompt }) => ({
    argv: [
      'exec',
      '--skip-git-repo-check',
      ...DISABLED.flatMap((feature) => ['--disable', feature]),
      '-m',
      model,
      prompt,
    ],
    env: { TURNOUT_KEY: key },
    files: { '.codex/config.toml': config(url) },
  }),
});

export const codex: Agent = {
  name: 'codex',
  package: '@openai/codex',
  bin: 'codex',
  modes: [
    responses('responses, namespaces', NAMES.gpt),
    responses('responses, custom tools', NAMES.gptCustom),
    responses('responses, lite', NAMES.gptLite),
  ],
};
