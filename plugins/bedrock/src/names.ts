// Tool names and tool use ids as Bedrock takes them, and back: every family takes [a-zA-Z0-9_-]{1,64} for names.
import { hash } from 'node:crypto';

const PLAIN = /^[a-zA-Z0-9_-]{1,64}$/;
const DOTTED = /^[a-zA-Z0-9_.:-]{1,64}$/;
const LENGTH_MAX = 64;
const DIGEST_LENGTH = 8;

/** Client's tool names and wire names, one to one within a request. */
export class ToolNames {
  readonly #toWire = new Map<string, string>();
  readonly #toClient = new Map<string, string>();

  /** `names`: of the request's tools. Those that need no change keep their name, whatever the others become. */
  constructor(names: readonly string[]) {
    for (const name of names) if (PLAIN.test(name)) this.#link(name, name);
    for (const name of names) this.wire(name);
  }

  /** The wire name of a client's tool name, one of history's included. The same every time. */
  wire(name: string): string {
    const known = this.#toWire.get(name);
    if (known !== undefined) return known;
    let wire = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, LENGTH_MAX) || 'tool';
    if (this.#toClient.has(wire)) wire = withDigest(wire, name);
    return this.#link(name, wire);
  }

  /** A wire name that no tool has so far, for a tool of our own: ask when the names of the history are known too. */
  free(name: string): string {
    let wire = name;
    for (let n = 2; this.#toClient.has(wire); n++) wire = `${name}_${n}`;
    return wire;
  }

  /** The client's name of a wire name. */
  client(wire: string): string {
    return this.#toClient.get(wire) ?? wire;
  }

  #link(name: string, wire: string): string {
    this.#toWire.set(name, wire);
    this.#toClient.set(wire, name);
    return wire;
  }
}

const withDigest = (text: string, source: string): string =>
  `${text.slice(0, LENGTH_MAX - DIGEST_LENGTH - 1)}_${hash('sha256', source).slice(0, DIGEST_LENGTH)}`;

/** `nine`: exactly nine letters and digits (Mistral); `dotted`: all that Bedrock's own API model allows, of which Claude
 * takes the `plain` ones only. */
export type IdStyle = 'plain' | 'nine' | 'dotted';

/** Tool use ids of one conversation: each call gets one that no other has, though clients reuse theirs over turns. */
export class ToolIds {
  readonly #style: IdStyle;
  readonly #used = new Set<string>();

  constructor(style: IdStyle) {
    this.#style = style;
  }

  /** The wire id of the next call with this client id. Depends only on the calls before it, so that a growing
   * conversation keeps its ids and its prompt cache. */
  next(id: string): string {
    for (let n = 0; ; n++) {
      const wire = this.#style === 'nine' ? shortId(id, n) : longId(id, n, this.#style === 'dotted' ? DOTTED : PLAIN);
      if (this.#used.has(wire)) continue;
      this.#used.add(wire);
      return wire;
    }
  }
}

const SHORT = /^[a-zA-Z0-9]{9}$/;

function shortId(id: string, n: number): string {
  if (n === 0 && SHORT.test(id)) return id;
  // 62^9 is less than 2^54, so a digest's first 14 hex digits fill nine characters.
  let rest = BigInt(`0x${hash('sha256', n === 0 ? id : `${id}#${n}`).slice(0, 14)}`);
  let text = '';
  for (let i = 0; i < 9; i++) {
    text += ALPHABET[Number(rest % 62n)];
    rest /= 62n;
  }
  return text;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function longId(id: string, n: number, allowed: RegExp): string {
  if (n === 0 && allowed.test(id)) return id;
  return withDigest(id.replace(/[^a-zA-Z0-9_-]/g, '_') || 'call', n === 0 ? id : `${id}#${n}`);
}
