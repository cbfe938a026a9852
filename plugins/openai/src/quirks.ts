// The last changes to a body: what the server calls otherwise, and what it is known to refuse.
import type { Losses } from '@turnout/core/plugin';
import type { Dialect } from './dialect.ts';
import { SPARE } from './lessons.ts';
import type { Bag } from './wire.ts';

/** Other models than the one that is routed to (OpenRouter's and LiteLLM's words, 2026-11): a client would get round what its key
 * may use. */
const OTHER_MODELS: ReadonlySet<string> = new Set(['models', 'route', 'preset', 'fallbacks']);

/** The body as this server takes it. `refused`: what it has refused for this model. */
export function fitBody(
  body: Bag,
  { renames = {}, withholds = [] }: Dialect,
  refused: ReadonlySet<string>,
  losses: Losses,
): Bag {
  const unwanted = (field: string): string | undefined => {
    if (OTHER_MODELS.has(field)) return 'which model is asked is for the router to say';
    if (refused.has(field)) return 'the server has refused it for this model';
    return withholds.includes(field) && field !== 'stream_options' ? 'the server has no such setting' : undefined;
  };
  const fields = Object.keys(body);
  if (!fields.some((field) => Object.hasOwn(renames, field) || unwanted(field) !== undefined)) return body;
  const kept = Object.entries(body).filter(([field, value]) => {
    if (value === undefined) return false;
    const reason = unwanted(field);
    if (reason !== undefined) losses.withdraw(SPARE.get(field) ?? field, reason);
    return reason === undefined;
  });
  const name = (field: string): string => (Object.hasOwn(renames, field) ? (renames[field] ?? field) : field);
  // Not by assignment: a key named __proto__ must stay a plain field.
  return Object.fromEntries(kept.map(([field, value]) => [name(field), value]));
}
