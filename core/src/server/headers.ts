// The headers that every answer of the router carries.
import type { Loss } from '../contract/index.ts';
import type { RequestRecord } from '../observe/index.ts';

const LOSSES_CHARS_MAX = 1024;

/** `x-request-id`, by the name of the client's protocol too, and the x-turnout-* headers of what is known so far. */
export function answerHeaders(record: RequestRecord): Record<string, string> {
  record.firstByteMs = performance.now() - record.startMs;
  record.overheadMs = Math.max(0, record.firstByteMs - record.upstreamMs - record.waitedMs);
  const headers: Record<string, string> = {
    'x-request-id': record.id,
    'x-turnout-attempts': String(record.calls),
    'x-turnout-overhead-ms': record.overheadMs.toFixed(2),
  };
  if (record.idHeader !== undefined) headers[record.idHeader] = record.id;
  if (record.target !== undefined) headers['x-turnout-target'] = printable(record.target);
  if (record.losses.length > 0) headers['x-turnout-losses'] = lossList(record.losses);
  return headers;
}

/** Of connections, of cookies, of the router itself, and what a browser would take for rules of this host. */
const OURS =
  /^(?:connection|content-length|date|keep-alive|proxy-.*|set-cookie|te|trailer|transfer-encoding|upgrade|x-request-id|x-turnout-.*|access-control-.*|alt-svc|clear-site-data|location|nel|refresh|report-to|strict-transport-security|vary)$/;
const NAME = /^[a-z0-9_-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What may go on of the head of a relayed answer. What does not belong there, or cannot be sent, is left out: node would end the
 * connection, or with HTTP/2 the process. */
export function passableHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name in headers) {
    const value: unknown = headers[name];
    if (typeof value === 'string' && NAME.test(name) && !OURS.test(name) && VALUE.test(value)) passed[name] = value;
  }
  return passed;
}

/** `seed:dropped, logprobs:dropped`, at most 1 KiB, then `…+N` (as `+N more`, since a header is ASCII). */
export function lossList(losses: readonly Loss[]): string {
  let list = '';
  for (const [position, loss] of losses.entries()) {
    const item = `${position > 0 ? ', ' : ''}${printable(loss.field)}:${loss.action}`;
    if (list.length + item.length > LOSSES_CHARS_MAX) return `${list}, +${losses.length - position} more`;
    list += item;
  }
  return list;
}

/** Visible ASCII without the list's own separators; the rest is percent-encoded. */
function printable(text: string): string {
  return text.replace(/[^\x21-\x2b\x2d-\x7e]/gu, (character) => encodeURIComponent(character.toWellFormed()));
}
