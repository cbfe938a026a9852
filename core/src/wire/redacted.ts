// Redacted reasoning in Converse: the string that Claude's own API has, as bytes, which JSON then writes in base64. The string is
// base64 itself, so there are two layers (recorded in 2025 with Claude 3.7 Sonnet).

/** What stands for bytes that are no such string. No string of Claude's API has a colon. */
const RAW = 'data:;base64,';
const PRINTABLE = /^[\x21-\x7e]+$/;

/** The string of Claude's API in a `redactedContent`. Bytes that are none stay what they are, marked as such. */
export function redactedFromConverse(content: string): string {
  const text = Buffer.from(content, 'base64').toString('latin1');
  const isString = PRINTABLE.test(text) && !text.startsWith(RAW) && encoded(text) === content;
  return isString ? text : RAW + content;
}

/** What `redactedFromConverse` made the string of, byte for byte. */
export const redactedToConverse = (data: string): string =>
  data.startsWith(RAW) ? data.slice(RAW.length) : encoded(data);

const encoded = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
