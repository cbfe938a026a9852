// The HTTP server: one request after the other through target, caller, script and runtime.
import { randomUUID } from 'node:crypto';
import {
  createScript,
  type LocalOptions,
  type LocalServer,
  type LocalVendor,
  type OpenRequest,
  type Playback,
  playTake,
  startLocal,
  takeJson,
} from '@turnout/core/testing';
import { checkAccess, createAuth, type LocalApiKey, type LocalCredential } from './auth.ts';
import { createDirectory, type LocalModel, modelNames, resourceArn } from './model.ts';
import { play, playRefusal } from './playback.ts';
import { isProfileList, LIST_PROFILES, listProfiles } from './profile-list.ts';
import { createPromptCache } from './prompt-cache.ts';
import { createSeal } from './reasoning-seal.ts';
import { Refusal } from './refusal.ts';
import { runOperation } from './runtime.ts';
import { type Step, scriptedAnswer } from './script.ts';
import { ACTIONS, type Operation, parseTarget } from './target.ts';

export interface BedrockLocalOptions extends LocalOptions<Operation, Step> {
  /** The region it plays. Signatures for another are refused. Default: every region, each with its own inference profiles. */
  readonly region?: string | undefined;
  /** Who may call with SigV4, and with which API key. With neither, everybody who sends something well-formed. */
  readonly credentials?: readonly LocalCredential[] | undefined;
  readonly apiKeys?: readonly (string | LocalApiKey)[] | undefined;
  /** Models to add to the catalogue, or parts of its rows to replace. */
  readonly models?: readonly LocalModel[] | undefined;
  /** The bare model id behind an ARN that names none: `arn:…:application-inference-profile/abc` → `anthropic.claude-…`. An
   * imported model's answers in OpenAI's chat form. */
  readonly resources?: Readonly<Record<string, string>> | undefined;
  /** Prefixes with fewer tokens are not cached. Bedrock has 512 to 4,096 by model. Default 0. */
  readonly cacheTokensMin?: number | undefined;
  /** The clock, in milliseconds. Default Date.now. */
  readonly now?: (() => number) | undefined;
}

/** Resetting it also forgets the prompt cache. */
export type BedrockLocal = LocalServer<Operation, Step>;

/** Starts a local Bedrock runtime. Rejects when the port is taken. */
export const startBedrockLocal = (options: BedrockLocalOptions = {}): Promise<BedrockLocal> =>
  startLocal(createVendor(options), options);

function createVendor(options: BedrockLocalOptions): LocalVendor<Operation, Step> {
  const now = options.now ?? Date.now;
  const tools = {
    models: createDirectory(options.models, options.resources),
    seal: createSeal(),
    cache: createPromptCache({ tokensMin: options.cacheTokensMin ?? 0, now }),
  };
  const apiKeys = options.apiKeys?.map((one) => (typeof one === 'string' ? { key: one } : one));
  const authenticate = createAuth({ credentials: options.credentials, apiKeys, region: options.region, now });
  const script = createScript<Operation, Step>(options.script, ['count-tokens']);
  const decideList = (record: OpenRequest<Operation>, body: Buffer): Playback => {
    const caller = authenticate({ method: record.method, target: record.path, headers: record.headers, body });
    checkAccess(caller, LIST_PROFILES, { arn: '*', names: [] });
    const region = caller.region ?? options.region ?? 'us-east-1';
    return playTake(takeJson(listProfiles(record.path, region, tools.models)));
  };
  return {
    script,
    headers: () => ({ 'x-amzn-requestid': randomUUID() }),
    decide(record, body) {
      if (isProfileList(record.method, record.path)) return decideList(record, body);
      const target = parseTarget(record.method, record.path);
      record.model = target.modelId;
      record.operation = target.operation;
      const caller = authenticate({ method: record.method, target: record.path, headers: record.headers, body });
      const names = modelNames(target.modelId);
      checkAccess(caller, ACTIONS[target.operation], { arn: resourceArn(target.modelId, caller.region), names });
      const step = script.take(record, names);
      const override = scriptedAnswer(step);
      const { headers } = record;
      const own = () => runOperation({ target, body, region: caller.region, headers }, tools, override);
      return play(step, own, options.tokensPerSecond);
    },
    refuse: (error) => playRefusal(toRefusal(error)),
    tooLarge: (bytesMax) =>
      new Refusal('RequestEntityTooLarge', `The request body is larger than ${bytesMax} bytes`, { origin: 'front' }),
    reset: () => tools.cache.clear(),
  };
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Refusal('InternalServerException', `bedrock-local failed: ${message}`);
}
