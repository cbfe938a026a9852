// The schema of everything in the file that is core's own; what it returns is already in the shape of config.ts.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { BearerKey, KeyConfig, PairKey, RouteReasoning } from './config.ts';
import { headersSchema } from './header.ts';
import { duration, rate, size } from './quantity.ts';

/** A rule that JSON Schema can say too: one of two keys, never both. */
const exactlyOne =
  <A extends string, B extends string>(first: A, second: B) =>
  (value: { readonly [key in A | B]?: unknown }, context: z.core.$RefinementCtx): void => {
    const both = value[first] !== undefined && value[second] !== undefined;
    if (both) context.addIssue({ code: 'custom', path: [second], message: `only one of "${first}" and "${second}"` });
    else if (value[first] === undefined && value[second] === undefined) {
      context.addIssue({ code: 'custom', path: [], message: `needs "${first}" or "${second}"` });
    }
  };
const oneRequired = (...keys: string[]) => ({ oneOf: keys.map((key) => ({ required: [key] })) });

/** As an entry of `keys` has it. */
interface Credential {
  readonly key?: string | undefined;
  readonly sha256?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
}

/** A key, its hash, or a pair: one of the three, and of a pair both halves. */
function oneCredential(credential: Credential, context: z.core.$RefinementCtx): void {
  const issue = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  const [first, ...others] = (['key', 'sha256', 'accessKeyId', 'secretAccessKey'] as const).filter(
    (name) => credential[name] !== undefined,
  );
  if (first === undefined) issue([], 'needs "key", "sha256", or "accessKeyId" and "secretAccessKey"');
  else if (first === 'secretAccessKey') issue([], 'needs "accessKeyId" with "secretAccessKey"');
  else if (first === 'accessKeyId') {
    if (others.length === 0) issue([], 'needs "secretAccessKey" with "accessKeyId"');
  } else for (const other of others) issue([other], `only one of "${first}" and "${other}"`);
}

/** What is kept of it; `oneCredential` has made sure that it is one. */
function credentialOf({ key = '', sha256, accessKeyId, secretAccessKey = '' }: Credential): BearerKey | PairKey {
  if (accessKeyId !== undefined) return { pair: { accessKeyId, secretAccessKey: () => secretAccessKey } };
  return { sha256: sha256 === undefined ? createHash('sha256').update(key).digest() : Buffer.from(sha256, 'hex') };
}

const serverSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address to listen on. Other than loopback only with `keys`.'),
    port: z.int().min(0).max(65_535).default(4180).describe('0 picks a free port.'),
    bodyLimit: size().prefault('32MiB').describe('Largest request body.'),
    drain: duration(0).prefault('30s').describe('How long running requests may go on after a stop signal.'),
  })
  .transform(({ bodyLimit, drain, ...rest }) => ({ ...rest, bodyLimitBytes: bodyLimit, drainMs: drain }))
  .prefault({});

const secretSchema = () =>
  z
    .string()
    .min(8, 'expected at least 8 characters')
    .max(4096, 'expected at most 4096 characters')
    .regex(/^[!-~]+$/, 'only printable ASCII characters without spaces, since a key travels in a header');

const keySchema = z
  .strictObject({
    name: z.string().min(1).max(100).describe('Shown in logs.'),
    key: secretSchema().optional().describe('The key itself; better from a variable than in the file.'),
    sha256: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, 'expected the 64 hexadecimal digits of a SHA-256')
      .optional()
      .describe('SHA-256 of the key, in hexadecimal digits.'),
    accessKeyId: z
      .string()
      .regex(/^[\w-]{4,128}$/, 'expected 4 to 128 letters, digits, "_" and "-"')
      .optional()
      .describe('For clients that sign their requests (SigV4): with secretAccessKey, in place of a key.'),
    secretAccessKey: secretSchema().optional().describe('What they sign with.'),
    admin: z.boolean().default(false).describe('May use /admin.'),
    models: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Globs over the model names it may use; absent: all.'),
  })
  .superRefine(oneCredential)
  .transform(
    ({ name, admin, models, ...credential }): KeyConfig => ({
      name,
      admin,
      ...(models !== undefined && { models }),
      ...credentialOf(credential),
    }),
  )
  .meta({
    oneOf: [{ required: ['key'] }, { required: ['sha256'] }, { required: ['accessKeyId', 'secretAccessKey'] }],
  });

const retrySchema = z
  .strictObject({
    attempts: z.int().min(1).max(100).default(4).describe('Total tries of one target; 1: no retry.'),
    minDelay: duration(0).prefault('250ms').describe('Wait before the second try; doubles with each one.'),
    maxDelay: duration(0).prefault('20s'),
  })
  // Turned round, so that what is no duration at all, and has been reported as such, is not compared.
  .refine(({ minDelay, maxDelay }) => !(minDelay > maxDelay), {
    path: ['minDelay'],
    message: 'longer than maxDelay (by default they are 250ms and 20s)',
  })
  .transform(({ attempts, minDelay, maxDelay }) => ({ attempts, minDelayMs: minDelay, maxDelayMs: maxDelay }));

const timeoutSchema = z
  .strictObject({
    connect: duration().prefault('5s'),
    firstToken: duration().prefault('120s').describe('From the request to the first content.'),
    idle: duration().prefault('60s').describe('Between two pieces of a stream.'),
    total: duration().prefault('15m').describe('The whole request, over all its targets.'),
  })
  .transform(({ connect, firstToken, idle, total }) => ({
    connectMs: connect,
    firstTokenMs: firstToken,
    idleMs: idle,
    totalMs: total,
  }));

const breakerSchema = z
  .strictObject({
    failures: z.int().min(1).default(5).describe('So many failures in a row take a target out …'),
    rate: rate().prefault('50%').describe('… or this share of at least 20 calls within the window.'),
    window: duration().prefault('30s'),
    cooldown: duration().prefault('30s').describe('Until one request may try the target again.'),
  })
  .transform(({ failures, rate: share, window, cooldown }) => ({
    failures,
    rate: share,
    windowMs: window,
    cooldownMs: cooldown,
  }));

/** The keys that every provider has, whatever its plugin. */
export const providerSchema = z.strictObject({
  plugin: z
    .string()
    .min(1)
    .optional()
    .describe("A built-in, an npm package, or ./path.ts beside this file; by default the provider's name."),
  retry: retrySchema.prefault({}),
  timeout: timeoutSchema.prefault({}),
  breaker: breakerSchema.prefault({}),
  concurrency: z
    .strictObject({
      max: z.int().min(1).default(2000).describe('Requests at a time.'),
      queue: z.int().min(0).default(1000).describe('Requests that may wait for their turn.'),
    })
    .prefault({}),
  headers: headersSchema.prefault({}).describe('Sent with every upstream request.'),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file with certificate authorities to trust besides the usual ones; relative to this file.'),
});
export const PROVIDER_KEYS: readonly string[] = Object.keys(providerSchema.shape);

const TARGET_MESSAGE = 'expected "provider/model"';
const targetSchema = z.string(TARGET_MESSAGE).regex(/^[^/]+\/.+$/, TARGET_MESSAGE);

const reasoningSchema = z
  .union([
    z.literal('off'),
    z
      .strictObject({
        budget: z.int().min(1).optional().describe('Tokens.'),
        effort: z.enum(['minimal', 'low', 'medium', 'high', 'xhigh', 'max']).optional(),
      })
      .superRefine(exactlyOne('budget', 'effort'))
      .meta(oneRequired('budget', 'effort')),
  ])
  .transform((reasoning): RouteReasoning => {
    if (reasoning === 'off') return 'off';
    if (reasoning.effort !== undefined) return { effort: reasoning.effort };
    // exactlyOne has made sure of it.
    return { budget: reasoning.budget ?? 0 };
  });

/** A route may also have a key for each plugin that its targets use: route-settings.ts. */
const routeMapSchema = z.strictObject({
  targets: z.array(targetSchema).min(1).describe('In order: the next is tried when one fails.'),
  reasoning: reasoningSchema.optional().describe("The client's own setting wins."),
  defaults: z
    .strictObject({
      maxTokens: z.int().min(1).optional(),
      temperature: z.number().min(0).max(2).optional(),
      topP: z.number().min(0).max(1).optional(),
    })
    .prefault({})
    .describe('Used where the client says nothing.'),
});
export const ROUTE_KEYS: readonly string[] = Object.keys(routeMapSchema.shape);

export const routeSchema = z.union([targetSchema, routeMapSchema]);

export const rootSchema = z.strictObject({
  server: serverSchema,
  keys: z.array(keySchema).min(1).optional().describe('Who may call. None: open, and then only on a loopback host.'),
  /** Each one is checked by `providerSchema` and its plugin's schema. */
  providers: z.record(z.string(), z.unknown()).refine((map) => Object.keys(map).length > 0, 'at least one provider'),
  routes: z.record(z.string(), routeSchema).default({}).describe('What clients put in "model".'),
  direct: z.boolean().default(true).describe('provider/model works as a model name.'),
  strict: z.boolean().default(false).describe('Refuse requests of which anything would be lost.'),
  media: z.strictObject({ urls: z.boolean().default(true).describe('Fetch https images.') }).prefault({}),
});
