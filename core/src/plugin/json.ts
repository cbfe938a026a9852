// JSON that keeps numbers as they were written: ids of 17 and more digits are common in tool arguments.

/** The members of JSON that TypeScript's ES2024 library does not have yet; Node has had them since 21. */
interface SourceTextJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
}
const json = JSON as unknown as SourceTextJson;

/** Only texts that hold such a number, or something like it inside a string, pay for the reviver. */
const MAY_LOSE_DIGITS = /[:,[]\s*-?\d(?:[\d.]*\d{15}|[\d.]*[eE][+-]?\d{3})/;

/** The reviver takes thirty times as long as the parser alone: a longer text, in characters, is left to the parser. At this length
 * the worst text (nothing but small numbers) takes a quarter of a second. */
const EXACT_LENGTH_MAX = 512 * 1024;

/** JSON.parse, but a number that a double cannot hold comes out as a raw JSON value, which JSON.stringify writes back
 * digit by digit, as long as the text is not longer than half a million characters. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  if (text.length > EXACT_LENGTH_MAX || !MAY_LOSE_DIGITS.test(text)) return JSON.parse(text);
  return json.parse(text, (_key, value, context) => {
    if (typeof value !== 'number' || context.source === undefined) return value;
    return isExact(value, context.source) ? value : json.rawJSON(context.source);
  });
}

/** Fractions are rounded by everyone who reads them; integers and what becomes Infinity are not. */
function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false;
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(source);
}

/** A plain object: what an argument list must be. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object that a text holds, numbers exact, or undefined when it holds anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value = parseExact(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a text is JSON to its end. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
