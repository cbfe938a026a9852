// `models`: what each provider offers, as a table.
import type { Model } from '../contract/index.ts';
import type { Router, Upstream } from '../host/index.ts';
import { failureText } from '../server/index.ts';
import { inOneLine, print, printJson } from './print.ts';

export interface ModelsOptions {
  /** One provider only. */
  readonly provider: string | undefined;
  readonly json: boolean;
}

const LIST_MS = 15_000;

interface Offer {
  readonly provider: string;
  readonly models: readonly Model[];
  /** Why there is no list. */
  readonly problem?: string;
}

/** Prints the models, closes the router, and gives the exit code: 1 when a list could not be had. */
export async function models(router: Router, { provider, json }: ModelsOptions): Promise<number> {
  try {
    const asked = [...router.upstreams.values()].filter(({ name }) => provider === undefined || name === provider);
    if (asked.length === 0) {
      throw new Error(`there is no provider "${provider}" in the file: ${[...router.upstreams.keys()].join(', ')}`);
    }
    const offers = await Promise.all(asked.map(offerOf));
    if (json) printJson({ providers: offers });
    else print(offers.map(formatOffer).join('\n\n'));
    return offers.every(({ problem }) => problem === undefined) ? 0 : 1;
  } finally {
    await router.close();
  }
}

async function offerOf({ name, provider, log, concealment }: Upstream): Promise<Offer> {
  try {
    return { provider: name, models: (await provider.models?.({ signal: AbortSignal.timeout(LIST_MS), log })) ?? [] };
  } catch (error) {
    return { provider: name, models: [], problem: failureText(error, concealment) };
  }
}

interface Column {
  readonly title: string;
  readonly right?: true;
  readonly text: (model: Model, provider: string) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'MODEL', text: ({ id }, provider) => `${provider}/${id}` },
  { title: 'CONTEXT', right: true, text: ({ inputTokensMax }) => formatTokens(inputTokensMax) },
  { title: 'OUTPUT', right: true, text: ({ outputTokensMax }) => formatTokens(outputTokensMax) },
  { title: '$/M IN', right: true, text: ({ price }) => formatPrice(price?.input) },
  { title: '$/M OUT', right: true, text: ({ price }) => formatPrice(price?.output) },
  { title: 'ABILITIES', text: ({ abilities = [] }) => abilities.join(' ') },
  { title: 'NOTE', text: ({ note = '' }) => note },
];

/** The table of one provider. Columns that no model fills are left out. */
export function formatOffer({ provider, models, problem }: Offer): string {
  if (problem !== undefined) return `${provider}: no list: ${inOneLine(problem)}`;
  if (models.length === 0) return `${provider}: the plugin has no list of models`;
  const columns = COLUMNS.map(({ title, right, text }) => {
    const cells = models.map((model) => inOneLine(text(model, provider)));
    const width = Math.max(title.length, ...cells.map((cell) => cell.length));
    const pad = (cell: string) => (right ? cell.padStart(width) : cell.padEnd(width));
    return { cells: [title, ...cells].map(pad), empty: cells.every((cell) => cell === '') };
  }).filter(({ empty }) => !empty);
  const rows = Array.from({ length: models.length + 1 }, (_, row) =>
    columns
      .map(({ cells }) => cells[row])
      .join('  ')
      .trimEnd(),
  );
  return rows.join('\n');
}

/** 200k, 1M; what is not round is written out. */
function formatTokens(count: number | undefined): string {
  if (count === undefined) return '';
  if (count % 1_000_000 === 0) return `${count / 1_000_000}M`;
  return count % 1_000 === 0 ? `${count / 1_000}k` : String(count);
}

/** At least two decimals, and no more than the price has. */
function formatPrice(dollars: number | undefined): string {
  if (dollars === undefined) return '';
  const text = String(dollars);
  return (text.split('.')[1]?.length ?? 0) > 2 ? text : dollars.toFixed(2);
}
