// Chunks of one answer that differ in their words alone: a burst of them is renamed in one go, and none of it is searched for what
// it may tell. Half of what a relayed burst of 200 events cost here was that search (2026-11-23).
import type { Head } from './rename.ts';

/** A chunk around its words: the inside of one JSON string. In letters. */
export interface Mould {
  /** From the beginning of the event to the quote before the words, as the server writes it, and as it is to be. */
  readonly was: string;
  readonly is: string;
  /** From the quote behind the words to the end of the event. */
  readonly after: string;
}

/** What is passed on of some events, and how many letters of them were taken. */
export interface Passed {
  readonly passed: string;
  readonly length: number;
}

const NOTHING: Passed = { passed: '', length: 0 };

/** In JSON a quote inside a text has a backslash before it: this is a key, and what follows is a string, wherever it stands. */
const CONTENT = '"content":"';
/** Longer ones are looked at by themselves: the search takes stack by the letter. */
const LENGTH_MAX = 4096;
const WORDS = /^(?:[^"\\\n]|\\[^\n])*$/;
/** The rest of an event, behind its words. */
const AFTER = /^(?:[^"\\\n]|\\[^\n])*("[^\n]*\n\n)$/;

/** The mould of an event; undefined where it has no words, or more than one line. */
export function mouldOf(event: string, head: Head | undefined): Mould | undefined {
  if (head === undefined || !event.startsWith(head.was) || event.length > LENGTH_MAX) return undefined;
  if (event.indexOf('\n') < event.length - 2) return undefined;
  const at = event.indexOf(CONTENT, head.was.length) + CONTENT.length;
  if (at < CONTENT.length) return undefined;
  const after = AFTER.exec(event.slice(at))?.[1];
  return after === undefined
    ? undefined
    : { was: event.slice(0, at), is: head.is + event.slice(head.was.length, at), after };
}

/** As many events as fit the mould, from the first. */
export function passAlike(text: string, { was, is, after }: Mould): Passed {
  if (!text.startsWith(was)) return NOTHING;
  const pieces = text.slice(was.length).split(after + was);
  // Behind the words of this one comes something else.
  const last = pieces.findIndex((words, at) => at === pieces.length - 1 || !isWords(words));
  const alike = pieces.slice(0, last);
  const words = upTo(after, pieces[last] ?? '');
  if (words !== undefined && isWords(words)) alike.push(words);
  if (alike.length === 0) return NOTHING;
  const passed = is + alike.join(after + is) + after;
  return { passed, length: passed.length - alike.length * (is.length - was.length) };
}

const isWords = (text: string): boolean => text.length <= LENGTH_MAX && WORDS.test(text);

function upTo(mark: string, text: string): string | undefined {
  const at = text.indexOf(mark);
  return at === -1 ? undefined : text.slice(0, at);
}
