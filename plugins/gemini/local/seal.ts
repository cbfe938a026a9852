// Thought signatures: made for a part, and good for that part alone. Google's are encrypted, and what exactly they cover is not
// documented; these cover the part's kind and content, so that a test sees when one comes back in another place, or altered.
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { isObject, type JsonObject } from '@turnout/core/testing';
import { invalid } from './refusal.ts';

const SECRET = 'gemini-local';
const DIGEST_LENGTH = 24;

/** Google's own stand-ins for a signature that there never was (thought signatures guide, 2026-11). */
const DUMMIES: ReadonlySet<unknown> = new Set([
  'context_engineering_is_the_way_to_go',
  'skip_thought_signature_validator',
]);

/** The signature of a part, as base64. */
export function sealOf(part: JsonObject): string {
  const head = Buffer.from([0x12, 0xe4, 0xff, 0xfb]);
  return Buffer.concat([head, digestOf(part)]).toString('base64');
}

/** Throws Refusal for a signature that is not the part's own. */
export function checkSeal(part: JsonObject): void {
  const { thoughtSignature: given } = part;
  if (given === undefined || DUMMIES.has(given)) return;
  if (typeof given !== 'string') throw invalid('Corrupted thought signature.');
  const expected = Buffer.from(sealOf(part));
  const actual = Buffer.from(given);
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected))
    throw invalid('Corrupted thought signature.');
}

function digestOf(part: JsonObject): Buffer {
  const { functionCall: call, text, inlineData, executableCode } = part;
  const kind = part.thought === true ? 'thought' : 'said';
  // The id of a call is not the model's.
  const content = isObject(call) ? { call: [call.name, call.args ?? {}] } : { text, inlineData, executableCode };
  const covered = hash('sha256', JSON.stringify([kind, content]));
  return createHmac('sha256', SECRET).update(covered).digest().subarray(0, DIGEST_LENGTH);
}
