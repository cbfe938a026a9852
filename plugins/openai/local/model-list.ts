// GET /models and GET /models/{id}.
import { type Take, takeJson } from '@turnout/core/testing';
import { Refusal } from './refusal.ts';

const MODELS: readonly string[] = [
  'gpt-4o',
  'gpt-4o-mini',
  'gpt-5',
  'gpt-5-mini',
  'gpt-5.5',
  'o4-mini',
  'text-embedding-3-small',
];

/** Throws Refusal for a model that is not there. */
export function answerModels(path: string, models: readonly string[] = MODELS): Take {
  const id = /^\/models\/(.+)$/.exec(path)?.[1];
  if (id === undefined) return takeJson({ object: 'list', data: models.map(describe) });
  const name = decodeURIComponent(id);
  if (!models.includes(name)) {
    throw new Refusal(`The model '${name}' does not exist`, { status: 404, code: 'model_not_found', param: 'model' });
  }
  return takeJson(describe(name));
}

const describe = (id: string): object => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'openai-local' });
