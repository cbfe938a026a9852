// The schema of everything in the file that is core's own; what it returns is already in the shape of config.ts.
import { z } from 'zod';
import { headersSchema } from './header.ts';
import { keySchema } from './key-schema.ts';
import { duration, rate } from './quantity.ts';
import { routeSchema } from './route-schema.ts';
import { serverSchema } from './server-schema.ts';

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
    connect: duration().prefault('5s').describe('Until a connection stands.'),
    firstToken: duration().prefault('120s').describe('From the request to the first content.'),
    idle: duration().prefault('60s').describe('Between two pieces of a stream.'),
    total: duration()
      .prefault('15m')
      .describe(
        'From the arrival of a request to the end of any call made here for it; the longest of its targets bounds it all.',
      ),
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
