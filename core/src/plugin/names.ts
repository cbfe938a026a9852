// Tool names and call ids as vendors take them, and back: all of them take [a-zA-Z0-9_-]{1,64} for names.
import { hash } from 'node:crypto';

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const NAME_LENGTH_MAX = 64;
const DIGEST_LENGTH = 8;

/** Client's tool names and wire names, one to one within a request. */
export class ToolNames {
  readonly #toWire = new Map<string, string>();
  readonly #toClient = new Map<string, string>();
  readonly #head: RegExp;

  /** `names`: of the request's tools. Those that need no change keep their name, whatever the others become. `head`: what a
   * name has to begin with, for a vendor that does not take just any of the characters there. */
  constructor(names: readonly string[], head = /^/) {
    this.#head = head;
    for (const name of names) if (NAME.test(name) && head.test(name)) this.#link(name, name);
    for (const name of names) this.wire(name);
  }

  /** The wire name of a client's tool name, one of history's included. The same every time. */
  wire(name: string): string {
    const known = this.#toWire.get(name);
    if (known !== undefined) return known;
    const plainName = name.replace(/[^a-zA-Z0-9_-]/g, '_') || 'tool';
    let wire = (this.#head.test(plainName) ? plainName : `_${plainName}`).slice(0, NAME_LENGTH_MAX);
    if (this.#toClient.has(wire)) wire = withDigest(wire, name, NAME_LENGTH_MAX);
    return this.#link(name, wire);
  }

  /** A wire name that no tool has so far, for a tool of our own: ask when the names of the history are known too. */
  free(name: string): string {
    let wire = name;
    for (let n = 2; this.#toClient.has(wire); n++) wire = `${name}_${n}`;
    return wire;
  }

  /** The client's name of a wire name; undefined for one that no tool has. */
  client(wire: string): string | undefined {
    return this.#toClient.get(wire);
  }

  #link(name: string, wire: string): string {
    this.#toWire.set(name, wire);
    this.#toClient.set(wire, name);
    return wire;
  }
}

/** Call ids of one conversation: each call gets one that no other has, though clients and servers reuse theirs. */
export class CallIds {
  readonly #allowed: RegExp;
  readonly #make: (id: string, source: string) => string;
  readonly #used = new Set<string>();
  /** How many wire ids each client's id has been tried with. */
  readonly #tried = new Map<string, number>();

  /** `allowed`: what an id must match to go as it is. `made`: what another becomes: its own letters, digits, `_` and `-` and a
   * digest, of so many characters at most; or what the function makes of a source that no other id has. */
  constructor(allowed: RegExp, made: number | ((source: string) => string)) {
    this.#allowed = allowed;
    this.#make =
      typeof made === 'number' ? (id, source) => withDigest(plain(id), source, made) : (_, source) => made(source);
  }

  /** The wire id of the next call with this client id. Depends only on the calls before it, so that a growing
   * conversation keeps its ids and its prompt cache. */
  next(id: string): string {
    for (let n = this.#tried.get(id) ?? 0; ; n++) {
      const isFit = n === 0 && this.#allowed.test(id);
      const wire = isFit ? id : this.#make(id, n === 0 ? id : `${id}#${n}`);
      if (this.#used.has(wire)) continue;
      this.#used.add(wire);
      this.#tried.set(id, n + 1);
      return wire;
    }
  }
}

const plain = (id: string): string => id.replace(/[^a-zA-Z0-9_-]/g, '_') || 'call';

const withDigest = (text: string, source: string, lengthMax: number): string =>
  `${text.slice(0, lengthMax - DIGEST_LENGTH - 1)}_${hash('sha256', source).slice(0, DIGEST_LENGTH)}`;
