// The configuration of a chaos run: targets of every vendor, some dead, some narrow, in routes of every kind.
import type { Upstreams } from './upstreams.ts';

/** The route whose broken streams go on at the next target. */
export const RESUMING = 'resuming';

/** What clients ask for. */
export const MODELS = [
  ...['claude', 'nova', 'gpt', 'sonnet', 'gemini', 'pool', 'mixed', 'reversed', 'dead-first', 'narrow', 'nested'],
  ...['weighted', 'robin', 'nearest', 'sticky', RESUMING],
];

/** As strict with time as a run that is to be over soon needs it. `edition`: changes what a reload changes. */
export function configuration({ urls }: Pick<Upstreams, 'urls'>, edition = 0): string {
  const often = [
    'retry: { attempts: 2, minDelay: 2ms, maxDelay: 20ms }',
    'timeout: { connect: 2s, firstToken: 1s, idle: 1s, total: 4s }',
    'breaker: { failures: 6, rate: 60%, window: 2s, cooldown: 150ms }',
  ].join(', ');
  const bedrock = `plugin: bedrock, auth: { mode: keys, accessKeyId: CHAOS, secretAccessKey: chaos-secret-not-a-real-one }`;
  // One provider is another at every reload, so that there is always one to be closed.
  const changing = edition % 2 === 0 ? 'cooldown: 150ms' : 'cooldown: 160ms';
  return `
server: { port: 0, drain: 5s }
providers:
  bedrock: { ${bedrock}, region: us-east-1, endpoint: "${urls.bedrock}", ${often} }
  pool: { ${bedrock}, regions: [us-east-1, us-west-2], endpoints: { us-east-1: "${urls.bedrock}", us-west-2: "${urls.bedrock}" }, ${often} }
  openai: { apiKey: chaos-key, baseUrl: "${urls.openai}", ${often} }
  anthropic: { apiKey: chaos-key, baseUrl: "${urls.anthropic}", ${often.replace('cooldown: 150ms', changing)} }
  gemini: { apiKey: chaos-key, baseUrl: "${urls.gemini}", ${often} }
  dead: { plugin: openai, apiKey: chaos-key, baseUrl: "${urls.dead}", ${often} }
  narrow: { plugin: openai, apiKey: chaos-key, baseUrl: "${urls.openai}", concurrency: { max: 2, queue: 3 }, ${often} }
routes:
  claude: bedrock/anthropic.claude-sonnet-5
  nova: bedrock/amazon.nova-pro-v1:0
  gpt: openai/gpt-5.5
  sonnet: anthropic/claude-sonnet-4-5
  gemini: gemini/gemini-3.8-flash
  pool: pool/amazon.nova-pro-v1:0
  mixed: { targets: [openai/gpt-5.5, bedrock/anthropic.claude-sonnet-5, anthropic/claude-sonnet-4-5, gemini/gemini-3.8-flash] }
  reversed: { targets: [gemini/gemini-3.8-flash, anthropic/claude-sonnet-4-5, bedrock/amazon.nova-pro-v1:0, openai/gpt-5.5] }
  dead-first: { targets: [dead/gpt-5.5, anthropic/claude-sonnet-4-5, openai/gpt-5.5] }
  narrow: { targets: [narrow/gpt-5.5, bedrock/anthropic.claude-sonnet-5] }
  nested: { targets: [route/dead-first, route/gemini] }
  weighted: { strategy: weighted, targets: [{ target: openai/gpt-5.5, weight: 3 }, { target: bedrock/amazon.nova-pro-v1:0, weight: 1 }] }
  robin: { strategy: round-robin, targets: [openai/gpt-5.5, anthropic/claude-sonnet-4-5, gemini/gemini-3.8-flash] }
  nearest: { strategy: least-latency, targets: [bedrock/anthropic.claude-sonnet-5, openai/gpt-5.5, dead/gpt-5.5] }
  sticky: { strategy: sticky, targets: [bedrock/amazon.nova-pro-v1:0, anthropic/claude-sonnet-4-5] }
  resuming: { targets: [anthropic/claude-sonnet-4-5, bedrock/anthropic.claude-sonnet-5], resume: true }
`;
}
