// GET /v1/models, page by page, and GET /v1/models/{id}.
import { type Take, takeJson } from '@turnout/core/testing';
import { claudeTraits } from '@turnout/core/wire';
import { invalid, Refusal } from './refusal.ts';

const MODELS: readonly string[] = [
  ...['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5', 'claude-fable-5', 'claude-opus-5', 'claude-sonnet-5'],
  ...['claude-opus-4-8', 'claude-opus-4-6', 'claude-sonnet-4-6', 'claude-opus-4-5-20251101'],
  ...['claude-sonnet-4-5-20250929', 'claude-haiku-4-5-20251001', 'claude-sonnet-4-20250514'],
];
const PAGE_ENTRIES = 20;
const PAGE_ENTRIES_MAX = 1000;

/** Throws Refusal for a model that is not there, and for a page that is none. */
export function answerModels(target: string, models: readonly string[] = MODELS): Take {
  const { pathname, searchParams } = new URL(target, 'http://localhost');
  const id = /^\/v1\/models\/(.+)$/.exec(pathname)?.[1];
  if (id !== undefined) {
    const name = decodeURIComponent(id);
    if (!models.includes(name)) throw new Refusal('not_found_error', `model: ${name}`);
    return takeJson(describe(name));
  }
  const limit = Number(searchParams.get('limit') ?? PAGE_ENTRIES);
  if (!Number.isInteger(limit) || limit < 1) throw invalid('limit: Input should be greater than or equal to 1');
  if (limit > PAGE_ENTRIES_MAX) throw invalid(`limit: Input should be less than or equal to ${PAGE_ENTRIES_MAX}`);
  const after = searchParams.get('after_id');
  const start = after === null ? 0 : models.indexOf(after) + 1;
  const page = models.slice(start, start + limit);
  const [first_id = null, last_id = null] = [page[0], page.at(-1)];
  return takeJson({ data: page.map(describe), ...{ first_id, last_id, has_more: start + limit < models.length } });
}

const describe = (id: string): object => ({
  ...{ type: 'model', id, display_name: nameOf(id), created_at: '2026-01-01T00:00:00Z' },
  ...{ max_input_tokens: 200_000, max_tokens: claudeTraits(id)?.outputTokensMax ?? 8192 },
});

/** `claude-opus-4-5-20251101` → `Claude Opus 4.5`. */
const nameOf = (id: string): string =>
  id
    .replace(/-\d{8}$/, '')
    .replace(/-(\d+)-(\d+)$/, ' $1.$2')
    .split(/[- ]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
