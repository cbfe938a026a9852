// Knowledge 16 and 18: where recorded traffic shows which ids answer, the catalogue agrees with it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findModel, splitPrefix } from './catalogue.ts';

const folder = new URL('../../../../shared/corpus/recordings/', import.meta.url);
const exists = existsSync(folder);
if (!exists) console.log(`skipped: no recordings at ${fileURLToPath(folder)}`);

interface Recording {
  readonly kind: string;
  readonly request: { readonly path: string };
  readonly response: { readonly status: number; readonly bodyText?: string };
}

/** The ids that were asked, by what came of it. */
function gather() {
  const answered = new Set<string>();
  const refused = new Set<string>();
  for (const file of exists ? readdirSync(folder) : []) {
    // The corpus's README describes the format.
    const { kind, request, response } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Recording;
    const id = /^\/model\/(.+)\/(?:converse|invoke)/.exec(decodeURIComponent(request.path))?.[1];
    if (kind === 'other' || id === undefined || id.startsWith('arn:')) continue;
    if (response.status === 200) answered.add(id);
    else if (/on-demand throughput isn.t supported/.test(response.bodyText ?? '')) refused.add(id);
  }
  return { answered, refused };
}

describe.skipIf(!exists)('recorded traffic', () => {
  const { answered, refused } = gather();

  it('has both kinds', () => {
    expect(answered.size).toBeGreaterThan(40);
    expect(refused.size).toBeGreaterThan(5);
  });

  it('a bare id that answered may be sent, a prefix that answered is a profile', () => {
    const wrong = [...answered].filter((id) => {
      const { prefix, base } = splitPrefix(id);
      const row = findModel(base);
      // Models at the end of their life have no row.
      if (row === undefined) return false;
      return prefix === undefined ? !row.onDemand : !row.profiles.includes(prefix);
    });
    expect(wrong).toEqual([]);
  });

  it('a bare id that was refused, and never answered, may not be sent, and has a profile', () => {
    const wrong = [...refused].filter((id) => !answered.has(id) && findModel(id)?.onDemand !== false);
    expect(wrong).toEqual([]);
  });
});
