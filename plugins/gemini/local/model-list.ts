// GET /models: page by page, and one by its name.
import { type Take, takeJson } from '@turnout/core/testing';
import { invalid, Refusal } from './refusal.ts';
import { traitsOf } from './traits.ts';

const MODELS = [
  ...['gemini-3.8-flash', 'gemini-3.1-pro-preview', 'gemini-3-pro-preview', 'gemini-3-flash-preview'],
  ...['gemini-3.5-flash-lite', 'gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-2.5-flash-lite', 'gemini-embedding-001'],
];

const PAGE_SIZE = 50;
const PAGE_SIZE_MAX = 1000;

/** Throws Refusal for a model that there is not, and for a page that there is not. */
export function answerModels(
  name: string | undefined,
  query: URLSearchParams,
  given: readonly string[] = MODELS,
): Take {
  if (name !== undefined) {
    if (given.includes(name)) return takeJson(describe(name));
    throw noModel(name);
  }
  const size = Math.min(Number(query.get('pageSize') ?? PAGE_SIZE) || PAGE_SIZE, PAGE_SIZE_MAX);
  const token = query.get('pageToken');
  const start = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isInteger(start) || start < 0) throw invalid('Page token is not valid.');
  const end = start + size;
  return takeJson({
    models: given.slice(start, end).map(describe),
    ...(end < given.length ? { nextPageToken: Buffer.from(String(end)).toString('base64url') } : {}),
  });
}

export const noModel = (name: string, method = 'generateContent'): Refusal =>
  new Refusal(
    'NOT_FOUND',
    `models/${name} is not found for API version v1beta, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
  );

function describe(name: string): object {
  const { embeds, thinks } = traitsOf(name);
  return {
    name: `models/${name}`,
    version: '001',
    displayName: name.replaceAll('-', ' '),
    inputTokenLimit: embeds ? 2048 : 1_048_576,
    outputTokenLimit: embeds ? 1 : 65_536,
    supportedGenerationMethods: embeds ? ['embedContent', 'countTextTokens'] : ['generateContent', 'countTokens'],
    ...(thinks ? { thinking: true } : {}),
  };
}
