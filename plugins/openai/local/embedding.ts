// POST /embeddings: vectors that depend on the text alone.
import { createHash } from 'node:crypto';
import { type JsonObject, type Take, takeJson } from '@turnout/core/testing';
import { invalidType, invalidValue, missingParameter, Refusal, unknownParameter } from './refusal.ts';

const FIELDS = new Set(['model', 'input', 'dimensions', 'encoding_format', 'user']);
const DIMENSIONS = 1536;
const TEXTS_MAX = 2048;

/** Throws Refusal for what OpenAI would refuse. */
export function answerEmbeddings(body: JsonObject): Take {
  for (const field of Object.keys(body)) if (!FIELDS.has(field)) throw unknownParameter(field);
  const { input, model, dimensions, encoding_format: encoding } = body;
  if (input === undefined) throw missingParameter('input');
  const texts = Array.isArray(input) ? input : [input];
  if (texts.length === 0 || texts.length > TEXTS_MAX || texts.some((text) => text === ''))
    throw new Refusal(
      "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
    );
  if (texts.some((text) => typeof text !== 'string')) throw invalidType('input', 'a string', texts[0]);
  if (dimensions !== undefined && !(Number.isInteger(dimensions) && Number(dimensions) > 0))
    throw invalidValue('dimensions', 'expected a positive integer.');
  if (encoding !== undefined && encoding !== 'float' && encoding !== 'base64')
    throw invalidValue('encoding_format', "expected one of 'float' and 'base64'.");
  const length = typeof dimensions === 'number' ? dimensions : DIMENSIONS;
  const data = texts.map((text, index) => {
    const numbers = vectorOf(String(text), length);
    return { object: 'embedding', index, embedding: encoding === 'base64' ? toBase64(numbers) : numbers };
  });
  const tokens = texts.reduce((sum: number, text) => sum + Math.ceil(String(text).length / 4), 0);
  return takeJson({ object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } });
}

/** Of length 1. */
function vectorOf(text: string, length: number): number[] {
  const digest = createHash('sha256').update(text).digest();
  const raw = Array.from({ length }, (_, index) => (digest[index % digest.length] ?? 0) - 127.5 + index / length);
  const norm = Math.hypot(...raw);
  return raw.map((number) => Math.fround(number / norm));
}

function toBase64(numbers: readonly number[]): string {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeFloatLE(number, index * 4);
  return bytes.toString('base64');
}
