// What real client programs have sent: the captures and the recorded requests beside the repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const dir = fileURLToPath(new URL('../../../shared/corpus/', import.meta.url));

/** False on a machine without the corpus: third-party data, never part of the repository. */
export const hasClientTraffic = existsSync(`${dir}client-captures`);

export interface ClientRequest {
  /** The file's name. */
  readonly name: string;
  /** The program, without what was special in a run. */
  readonly client: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Headers that say something to the router, besides credentials and the content type. */
const TOLD = ['anthropic-version', 'anthropic-beta', 'accept'];

/** Every request that asks for inference, from both collections. */
export function readClientTraffic(): ClientRequest[] {
  if (!hasClientTraffic) return [];
  return [...read('client-captures'), ...read('client-requests')];
}

function read(folder: string): ClientRequest[] {
  return readdirSync(dir + folder)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => {
      const record = JSON.parse(readFileSync(`${dir}${folder}/${file}`, 'utf8'));
      // A capture is the request; a recording holds it beside the answer.
      const { path, headers = {}, body } = record.request ?? record;
      if (typeof body !== 'object' || body === null) return [];
      // Long values were cut for the corpus, with a sign that no header can hold.
      const told = Object.entries(headers).flatMap(([name, value]) =>
        TOLD.includes(name) ? [[name, String(value).replace(/,[^,]*….*$/, '')]] : [],
      );
      const name = file.replace(/\.json$/, '');
      const client = name.split(/-(?=[a-z0-9._]+-\d+$)|__/)[0] ?? name;
      return [{ name, client, path, headers: Object.fromEntries(told), body }];
    });
}
