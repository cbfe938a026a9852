// The body of a request, read within a limit.
import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';

/** The whole body. Rejects with a Refusal when it is too long, with an Error when the client leaves. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) chunks.push(chunk);
    });
    request.once('end', () => {
      if (bytes <= bytesMax) resolve(Buffer.concat(chunks).toString());
      else reject(new Refusal(`The request body is larger than ${bytesMax} bytes.`, { status: 413 }));
    });
    request.once('error', reject);
    request.once('close', () => reject(new Error('the client left')));
  });
}

/** JSON where it is JSON, else the text. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
