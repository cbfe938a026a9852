// What passed between client, router and upstream, as a person reads it: nothing that changes from run to run.
import { FrameReader } from '../../core/src/wire/index.ts';
import type { Json } from './client.ts';

/** The upstream's side of one exchange. */
export interface Sent {
  readonly path: string;
  readonly body: unknown;
}

const LINE_LENGTH = 140;

/** JSON with what fits on a line on one line. */
export function json(value: unknown, indent = ''): string {
  const flat = JSON.stringify(value);
  if (typeof value !== 'object' || value === null || indent.length + flat.length <= LINE_LENGTH) return flat;
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => json(item, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${json(item, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${items.map((item) => inner + item).join(',\n')}\n${indent}${close}`;
}

/** Ids, times, media and seals give way to words. */
export function steady(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/[0-9a-f]{32}/g, '<hex>')
    .replace(/("(?:created|created_at|completed_at)": ?)\d+/g, '$1"<time>"')
    .replace(/("(?:latencyMs|invocationLatency|firstByteLatency)": ?)\d+/g, '$1"<ms>"')
    .replace(/tn1\.([\w.-]+?)\.[\w-]{24,}/g, 'tn1.$1.<sealed>')
    .replace(/[A-Za-z0-9+/_-]{64,}={0,2}/g, '<opaque>')
    .replace(/127\.0\.0\.1:\d+/g, '<loopback>');
}

/** A streamed answer: server-sent events as they are, frames as their type and payload, a line each. */
export async function readStream(response: Response): Promise<string> {
  const bytes = await readAll(response);
  if (!response.headers.get('content-type')?.includes('eventstream')) return Buffer.from(bytes).toString('utf8');
  const lines: string[] = [];
  const reader = new FrameReader();
  reader.push(Buffer.from(bytes));
  for (let frame = reader.next(); frame; frame = reader.next()) {
    const { eventType, exceptionType } = frame.headers;
    const payload: Json = JSON.parse(frame.text());
    const { p: _padding, ...rest } = payload;
    const shown = eventType === 'chunk' ? Buffer.from(rest.bytes, 'base64').toString('utf8') : JSON.stringify(rest);
    lines.push(`${exceptionType === undefined ? eventType : `EXCEPTION ${exceptionType}`} ${shown}`);
  }
  reader.end();
  return lines.join('\n');
}

/** What came before the connection broke, too. */
async function readAll(response: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of response.body ?? []) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Status and the headers that say something. */
export function readHead(response: Response): string {
  const shown = ['content-type', 'retry-after', 'x-amzn-errortype', 'x-turnout-target', 'x-turnout-losses'];
  const lines = shown.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [`${name}: ${value}`];
  });
  return [`${response.status}`, ...lines].join('\n');
}

export const section = (title: string, text: string): string => `## ${title}\n\n${text.trimEnd()}\n\n`;
