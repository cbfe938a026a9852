// The stage on which the vendors' SDKs play: one Turnout with keys on, in front of bedrock-local and openai-local.
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { type OpenaiLocal, startOpenaiLocal } from '@turnout/plugin-openai/local';
import { type House, openHouse } from '../../house.ts';

/** The gateway's key that every client shows; who signs uses it as the secret of this access key. */
export const KEY = 'turnout-client-key';
export const ACCESS_KEY_ID = 'TURNOUTCLIENTS';

const BEDROCK_KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret' };
const OPENAI_KEY = 'local-key';

/** Names of routes: what clients put in `model`. They look real, since some SDKs send other things to models they know. */
export const CLAUDE = 'anthropic.claude-sonnet-5';
export const NOVA = 'amazon.nova-pro-v1:0';
export const GPT = 'gpt-5.5';
/** Claude, told to think. */
export const THINKER = 'anthropic.claude-thinker';
export const MODELS = [CLAUDE, NOVA, GPT] as const;
/** One for each upstream. */
export const FAILING_MODELS = [CLAUDE, GPT] as const;
export type FailingModel = (typeof FAILING_MODELS)[number];

/** What a test does to an upstream, and sees of it, whichever of the two it is. The faults are for the next request. */
export interface Upstream {
  readonly requests: readonly { readonly body: unknown; readonly status: number; readonly aborted: boolean }[];
  /** How many answers are under way. */
  readonly open: number;
  throttle(retryAfterSeconds: number): void;
  /** Cuts the connection in the middle of a stream. */
  cut(): void;
  /** Sends nothing more, after the head or in the middle of a stream. */
  stall(place: 'after the head' | 'midway'): void;
}

export interface Stage {
  /** Without a path. */
  readonly url: string;
  readonly house: House;
  readonly bedrock: BedrockLocal;
  readonly upstreams: Readonly<Record<FailingModel, Upstream>>;
  /** Lets the upstreams forget all requests so far. */
  forget(): void;
  /** Ends it all, and holds that no answer was left open. */
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const bedrock = await startBedrockLocal({ credentials: [BEDROCK_KEYS] });
  const openai = await startOpenaiLocal({ apiKeys: [OPENAI_KEY] });
  const house = await openHouse(yaml(bedrock.url, openai.baseUrl), { key: KEY });
  return {
    url: house.url,
    house,
    bedrock,
    upstreams: {
      [CLAUDE]: upstream(bedrock, (retryAfterSeconds) =>
        bedrock.script({ kind: 'error', name: 'ThrottlingException', retryAfterSeconds }),
      ),
      [GPT]: upstream(openai, (retryAfterSeconds) =>
        openai.script({ kind: 'error', code: 'rate_limit_exceeded', status: 429, retryAfterSeconds }),
      ),
    },
    forget: () => {
      bedrock.reset();
      openai.reset();
    },
    close: async () => {
      await house.close();
      const open = bedrock.open + openai.open;
      await Promise.all([bedrock.close(), openai.close()]);
      if (open > 0) throw new Error(`${open} answers were left open upstream`);
    },
  };
}

const upstream = (local: BedrockLocal | OpenaiLocal, throttle: Upstream['throttle']): Upstream => ({
  requests: local.requests,
  get open() {
    return local.open;
  },
  throttle,
  cut: () => local.script({ kind: 'cut', afterFrames: 4 }),
  stall: (place) => local.script({ kind: 'stall', ...(place === 'midway' && { afterFrames: 3 }) }),
});

// One try only: what the upstream does is what the client has to hear.
const yaml = (bedrockUrl: string, openaiUrl: string) => `keys:
  - { name: clients, key: ${KEY} }
  - { name: signers, accessKeyId: ${ACCESS_KEY_ID}, secretAccessKey: ${KEY} }
providers:
  bedrock:
    region: us-east-1
    crossRegion: geo
    endpoint: ${bedrockUrl}
    auth: { mode: keys, accessKeyId: ${BEDROCK_KEYS.accessKeyId}, secretAccessKey: ${BEDROCK_KEYS.secretAccessKey} }
    retry: { attempts: 1 }
  openai:
    baseUrl: ${openaiUrl}
    apiKey: ${OPENAI_KEY}
    retry: { attempts: 1 }
routes:
  ${CLAUDE}: bedrock/anthropic.claude-sonnet-5
  ${THINKER}: { targets: [bedrock/anthropic.claude-sonnet-5], reasoning: { effort: high } }
  "${NOVA}": bedrock/amazon.nova-pro-v1:0
  ${GPT}: openai/gpt-5.5
`;
