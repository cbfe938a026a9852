// The recorded Bedrock traffic and the requests of real clients beside the repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Head } from '../../core/src/protocol/protocol.ts';

const CORPUS = new URL('../../../shared/corpus/', import.meta.url);

/** False on a machine without the corpus: third-party data, never part of the repository. */
export const hasCorpus = existsSync(CORPUS);
if (!hasCorpus) console.log('skipped: ../shared/corpus is absent, so no recorded Bedrock traffic was replayed');

export interface Exchange {
  readonly name: string;
  readonly operation: string;
  readonly head: Head;
  /** The request's body, parsed. */
  readonly sent: unknown;
  /** 0 for a request that was captured without its answer. */
  readonly status: number;
  readonly answer: Buffer;
}

const PATH = /\/model\/(.+)\/(converse|converse-stream|invoke|invoke-with-response-stream|count-tokens)$/;

/** Every request to Bedrock's runtime whose body is known. */
export function readExchanges(): Exchange[] {
  if (!hasCorpus) return [];
  return ['recordings', 'client-captures'].flatMap((folder) => {
    const directory = new URL(`${folder}/`, CORPUS);
    return readdirSync(directory).flatMap((file): Exchange[] => {
      const { request, response, ...capture } = JSON.parse(readFileSync(new URL(file, directory), 'utf8'));
      const { path = '', headers = {}, body } = request ?? capture;
      const [, model = '', operation = ''] = PATH.exec(path) ?? [];
      if (operation === '' || typeof body !== 'object' || body === null) return [];
      const { status = 0, bodyText, bodyBase64 } = response ?? {};
      return [
        {
          name: file.replace(/\.json$/, ''),
          operation,
          head: { headers, model: decodeURIComponent(model), stream: operation.endsWith('stream') },
          sent: body,
          status,
          answer: bodyBase64 === undefined ? Buffer.from(bodyText ?? '') : Buffer.from(bodyBase64, 'base64'),
        },
      ];
    });
  });
}
