// The schema of an entry of `keys`: who may call, what for, and how much.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { BearerKey, KeyConfig, LimitsConfig, PairKey } from './config.ts';

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

const secretSchema = () =>
  z
    .string()
    .min(8, 'expected at least 8 characters')
    .max(4096, 'expected at most 4096 characters')
    .regex(/^[!-~]+$/, 'only printable ASCII characters without spaces, since a key travels in a header');

const limitsSchema = z
  .strictObject({
    rpm: z.int().min(1).optional().describe('Requests a minute.'),
    tpm: z.int().min(1).optional().describe('Tokens a minute, in and out.'),
    concurrent: z.int().min(1).optional().describe('Requests at a time.'),
  })
  .refine((limits) => Object.keys(limits).length > 0, 'needs "rpm", "tpm" or "concurrent"')
  .transform(
    ({ rpm, tpm, concurrent }): LimitsConfig => ({
      ...(rpm !== undefined && { rpm }),
      ...(tpm !== undefined && { tpm }),
      ...(concurrent !== undefined && { concurrent }),
    }),
  );

export const keySchema = z
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
    limits: limitsSchema.optional().describe('How much it may use; absent: as much as it likes.'),
  })
  .superRefine(oneCredential)
  .transform(
    ({ name, admin, models, limits, ...credential }): KeyConfig => ({
      name,
      admin,
      ...(models !== undefined && { models }),
      ...(limits !== undefined && { limits }),
      ...credentialOf(credential),
    }),
  )
  .meta({
    oneOf: [{ required: ['key'] }, { required: ['sha256'] }, { required: ['accessKeyId', 'secretAccessKey'] }],
  });
