// What the commands say. Names and messages in it come from clients, upstreams and logs: nothing of them is an order to a terminal.

import { ConfigError, formatIssues } from '../config/index.ts';

/** What steers a terminal (C0, C1), or turns the direction of what is read there. A newline is none: it ends our own lines. */
const STEERING = /(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** As JSON would write it, so that JSON stays the same. */
const visible = (text: string): string => text.replace(STEERING, escaped);

/** The same for a text that has no lines of its own. */
export const inOneLine = (text: string): string => visible(text).replaceAll('\n', escaped);

/** To stdout. */
export const print = (text: string): void => console.log(visible(text));

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** To stderr. */
export const printError = (text: string): void => console.error(visible(text));

/** What stopped something, in as many lines as there is wrong. */
export function printFailure(error: unknown): void {
  if (error instanceof ConfigError) printError(formatIssues(error.issues));
  else printError(`turnout: ${error instanceof Error ? error.message : String(error)}`);
}
