// One end of the channel between the primary and a worker: calls there, and answers calls from there.
import { ConfigError } from '../config/index.ts';
import { ERROR_POLICIES, type ErrorCode, type Logger, RouterError } from '../contract/index.ts';
import { within } from '../host/patience.ts';
import { type Body, type Calls, type Envelope, envelope, type Failure, type Result } from './messages.ts';

/** More calls than this do not wait for their answer: whoever asks too often is told to come back. */
const PENDING_MAX = 100;

export type Handlers<C extends Calls> = {
  readonly [Name in keyof C]: (body: Body<C, Name>) => Promise<Result<C, Name>>;
};

export interface PeerOptions<There extends Calls, Here extends Calls> {
  /** Puts a message on the channel. What cannot be sent any more is lost: `close` tells those who wait. */
  send(message: Envelope): void;
  /** What can be asked of the other side … */
  readonly there: There;
  /** … and of this one. */
  readonly here: Here;
  readonly handlers: Handlers<Here>;
  readonly log: Logger;
}

interface Pending {
  readonly name: string;
  resolve(body: unknown): void;
  reject(error: Error): void;
}

export class Peer<There extends Calls, Here extends Calls> {
  readonly #options: PeerOptions<There, Here>;
  readonly #pending = new Map<number, Pending>();
  #last = 0;
  #gone: Error | undefined;

  constructor(options: PeerOptions<There, Here>) {
    this.#options = options;
  }

  /** Throws what the other side has thrown (ConfigError, RouterError, Error), and an Error when no answer has come in time or the other
   * side has gone. Without a limit it waits as long as the other side is there. */
  async call<Name extends keyof There & string>(
    name: Name,
    body: Body<There, Name>,
    limitMs?: number,
  ): Promise<Result<There, Name>> {
    if (this.#gone) throw this.#gone;
    if (this.#pending.size >= PENDING_MAX) {
      throw new RouterError('overloaded', 'too many questions at once', { own: true, retryAfterMs: 1_000 });
    }
    this.#last++;
    const id = this.#last;
    const answer = new Promise((resolve, reject) => this.#pending.set(id, { name, resolve, reject }));
    this.#options.send({ kind: 'call', id, name, body });
    try {
      const given = limitMs === undefined ? answer : within(answer, limitMs, `no answer to "${name}" has come in time`);
      const parsed = this.#options.there[name]?.result.safeParse(await given);
      if (!parsed?.success) throw new Error(`the answer to "${name}" is none`);
      return parsed.data as Result<There, Name>; // the schema of that name has just read it
    } finally {
      this.#pending.delete(id);
    }
  }

  /** Takes what has come over the channel, whatever it is. */
  take(message: unknown): void {
    const parsed = envelope.safeParse(message);
    if (!parsed.success) {
      this.#options.log.warn({}, 'a message between processes was not understood, and is ignored');
    } else if (parsed.data.kind === 'call') void this.#answer(parsed.data);
    else if (parsed.data.kind === 'done') this.#pending.get(parsed.data.id)?.resolve(parsed.data.body);
    else this.#pending.get(parsed.data.id)?.reject(errorOf(parsed.data.failure));
  }

  /** Nobody is there any more: who waits for an answer is told. */
  close(error: Error): void {
    this.#gone ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
  }

  async #answer({ id, name, body }: Extract<Envelope, { kind: 'call' }>): Promise<void> {
    const { here, handlers, send } = this.#options;
    try {
      const shape = Object.hasOwn(here, name) ? here[name] : undefined;
      const parsed = shape?.body.safeParse(body);
      if (!parsed?.success) throw new Error(`"${name}" was not understood`);
      // The cast: the schema of that name has just read it.
      send({ kind: 'done', id, body: await handlers[name as keyof Here](parsed.data as Body<Here, keyof Here>) });
    } catch (error) {
      send({ kind: 'failed', id, failure: failureOf(error) });
    }
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof ConfigError) return { issues: [...error.issues] };
  if (RouterError.is(error)) {
    const { code, message, retryAfterMs } = error;
    return { code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
  return { message: error instanceof Error ? error.message : String(error) };
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_POLICIES, code);

function errorOf(failure: Failure): Error {
  if ('issues' in failure) return new ConfigError(failure.issues);
  if (!('code' in failure) || !isCode(failure.code)) return new Error(failure.message);
  const { code, message, retryAfterMs } = failure;
  return new RouterError(code, message, { own: true, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}
