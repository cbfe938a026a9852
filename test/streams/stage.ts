// A router between a client of each framing and two upstreams, relayed where the upstream has the client's own framing, else rebuilt.
import { type House, openHouse } from '../house.ts';
import type { Framing } from './framing.ts';
import { startUpstream, type Upstream } from './upstream.ts';

export const WAYS = ['relayed', 'rebuilt'] as const;
export type Way = (typeof WAYS)[number];

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const AUTH = 'auth: { mode: keys, accessKeyId: AKIDEXAMPLE, secretAccessKey: secret }';
const PROVIDERS: Readonly<Record<string, (url: string) => string>> = {
  chat: (url) => `plugin: openai, apiKey: k, api: chat, baseUrl: "${url}/v1"`,
  responses: (url) => `plugin: openai, apiKey: k, api: responses, baseUrl: "${url}/v1"`,
  messages: (url) => `plugin: anthropic, apiKey: k, baseUrl: "${url}"`,
  bedrock: (url) => `plugin: bedrock, region: us-east-1, endpoint: "${url}", ${AUTH}`,
};
const MODELS: Readonly<Record<string, string>> = {
  ...{ chat: 'm', responses: 'm', messages: 'claude-sonnet-4-5', bedrock: CLAUDE },
};
/** Who is asked for a client of a framing. */
const ASKED: Readonly<Record<Way, Readonly<Record<Framing['name'], string>>>> = {
  relayed: { chat: 'chat', responses: 'responses', messages: 'messages', converse: 'bedrock', invoke: 'bedrock' },
  rebuilt: { chat: 'messages', responses: 'chat', messages: 'chat', converse: 'chat', invoke: 'responses' },
};

export interface Stage {
  readonly house: House;
  readonly first: Upstream;
  readonly second: Upstream;
  close(): Promise<void>;
}

/** The name of the route for a framing: its targets are at the first upstream and then at the second. `guarded`: the second is only
 * for what is blocked. `resumed`: with `resume`. */
export const routeOf = ({ name }: Framing, way: Way, kind: 'plain' | 'guarded' | 'resumed' = 'plain'): string =>
  `${kind}-${way}-${name}`;

export async function openStage(more = ''): Promise<Stage> {
  const [first, second] = [await startUpstream(), await startUpstream()];
  const routes = Object.entries(ASKED).flatMap(([way, byFraming]) =>
    Object.entries(byFraming).flatMap(([framing, name]) => {
      const [one, two] = [`first-${name}/${MODELS[name]}`, `second-${name}/${MODELS[name]}`];
      return [
        `  plain-${way}-${framing}: { targets: ["${one}", "${two}"] }`,
        `  guarded-${way}-${framing}: { targets: ["${one}"], onContentBlocked: ["${two}"] }`,
        `  resumed-${way}-${framing}: { targets: ["${one}", "${two}"], resume: true }`,
      ];
    }),
  );
  const settings = `retry: { attempts: 1 }, breaker: { failures: 1000, rate: 100% }${more}`;
  const providers = Object.entries(PROVIDERS).flatMap(([name, write]) =>
    Object.entries({ first, second }).map(([place, { url }]) => `  ${place}-${name}: { ${write(url)}, ${settings} }`),
  );
  const house = await openHouse(`providers:\n${providers.join('\n')}\nroutes:\n${routes.join('\n')}\n`);
  return {
    ...{ house, first, second },
    close: async () => {
      await house.close();
      await first.close();
      await second.close();
    },
  };
}
