// A script and its settings as a JSON file.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { BedrockLocalOptions } from './server.ts';

const bytes = z.union([z.string(), z.strictObject({ base64: z.base64() }), z.strictObject({ json: z.unknown() })]);
const count = z.int().nonnegative();
const shared = {
  when: z
    .strictObject({
      model: z.string().optional(),
      operation: z
        .enum(['converse', 'converse-stream', 'invoke', 'invoke-with-response-stream', 'count-tokens'])
        .optional(),
    })
    .optional(),
  times: z.union([z.int().positive(), z.literal('always')]).optional(),
  delayMs: z.number().nonnegative().optional(),
  chunks: z
    .union([z.literal('every-byte'), z.int().positive(), z.array(count), z.strictObject({ seed: z.int() })])
    .optional(),
};
const inStream = { afterFrames: count.optional(), from: bytes.optional() };

/** A content block is checked no further than that it is one: scripts may play what no model sends. */
const block = z.looseObject({});

const step = z.discriminatedUnion('kind', [
  z.strictObject({
    ...shared,
    kind: z.literal('answer'),
    content: z.array(block).optional(),
    stopReason: z.string().optional(),
    usage: z
      .partialRecord(
        z.enum(['inputTokens', 'outputTokens', 'totalTokens', 'cacheReadInputTokens', 'cacheWriteInputTokens']),
        count,
      )
      .optional(),
    trace: z.unknown().optional(),
    serviceTier: z.string().optional(),
  }),
  z.strictObject({
    ...shared,
    kind: z.literal('recorded'),
    status: z.int().min(200).max(599).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    body: bytes,
  }),
  z.strictObject({
    ...shared,
    kind: z.literal('error'),
    name: z.string(),
    message: z.string().optional(),
    status: z.int().min(400).max(599).optional(),
    retryAfterSeconds: z.number().nonnegative().optional(),
  }),
  z.strictObject({
    ...shared,
    kind: z.literal('html'),
    status: z.int().min(200).max(599).optional(),
    body: z.string().optional(),
  }),
  z.strictObject({
    ...shared,
    ...inStream,
    kind: z.literal('exception'),
    name: z.string(),
    message: z.string().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({ ...shared, ...inStream, kind: z.literal('cut'), afterBytes: count.optional() }),
  z.strictObject({ ...shared, ...inStream, kind: z.literal('end') }),
  z.strictObject({ ...shared, ...inStream, kind: z.literal('stall'), forMs: z.number().nonnegative().optional() }),
  z.strictObject({
    ...shared,
    kind: z.literal('corrupt'),
    frame: count.optional(),
    part: z.enum(['prelude', 'message']).optional(),
    from: bytes.optional(),
  }),
]);

const rules = { expired: z.literal(true).optional(), denied: z.array(z.string()).optional() };
const file = z.strictObject({
  region: z.string().optional(),
  credentials: z
    .array(
      z.strictObject({
        accessKeyId: z.string(),
        secretAccessKey: z.string(),
        sessionToken: z.string().optional(),
        ...rules,
      }),
    )
    .optional(),
  apiKeys: z.array(z.union([z.string(), z.strictObject({ key: z.string(), ...rules })])).optional(),
  resources: z.record(z.string(), z.string()).optional(),
  tokensPerSecond: z.number().positive().optional(),
  cacheTokensMin: count.optional(),
  script: z.array(step).optional(),
});

/** Options out of the text of a script file: an object with these members, or the array of steps alone. Throws an Error that
 * names what is wrong, and where. */
export function parseScript(text: string): BedrockLocalOptions {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`not valid JSON: ${(error as Error).message}`); // JSON.parse throws nothing else
  }
  const parsed = file.safeParse(Array.isArray(json) ? { script: json } : json);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data as BedrockLocalOptions; // content blocks stay loose: see above
}

/** The same from a file. */
export const readScript = async (path: string): Promise<BedrockLocalOptions> =>
  parseScript(await readFile(path, 'utf8'));
