// One client of a chaos run: asks once, reads fast or slowly, leaves or stays, and writes down what it was told.
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../fuzz/random.ts';
import { createStreamReader, FRAMINGS, type Framing, readWhole, type Told, writeRequest } from './framing.ts';
import type { Listener, Transport } from './transport.ts';
import { markOf } from './upstreams.ts';

export interface Plan {
  readonly question: number;
  readonly framing: Framing;
  readonly stream: boolean;
  readonly model: string;
  /** Leaves this long after it has asked. */
  readonly leavesAfterMs?: number;
  /** Leaves once it has got so many pieces of the answer. */
  readonly leavesAfterPieces?: number;
  /** Rests this long after each piece, for the first of them. */
  readonly restsMs?: number;
  /** Sends its body in two parts, this long apart. */
  readonly sendsSlowlyMs?: number;
}

export interface Heard {
  readonly plan: Plan;
  /** 0: no answer began. */
  readonly status: number;
  readonly id: string | undefined;
  readonly attempts: number;
  readonly told: Told;
  /** The answer ended as whole. */
  readonly clean: boolean;
  /** It was the client that ended it. */
  readonly left: boolean;
  /** The pieces it came in. */
  readonly pieces: number;
  readonly ms: number;
}

/** What the client `question` of a run does: by the seed alone. */
export function planClient(random: Random, question: number, models: readonly string[]): Plan {
  const plan = { question, framing: random.pick(FRAMINGS), stream: random.chance(0.75), model: random.pick(models) };
  if (random.chance(0.12)) return { ...plan, leavesAfterMs: random.integer(80) };
  if (random.chance(0.06)) return { ...plan, leavesAfterPieces: random.between(1, 4) };
  if (random.chance(0.06)) return { ...plan, restsMs: random.between(1, 30) };
  if (random.chance(0.03)) return { ...plan, sendsSlowlyMs: random.between(1, 40) };
  return plan;
}

const RESTS_MAX = 8;

/** Never rejects: what went wrong is in what was heard. */
export function ask(transport: Transport, plan: Plan): Promise<Heard> {
  const { question, framing, stream, model } = plan;
  const { path, body } = writeRequest(framing, { model, stream, text: `${markOf(question)} say something` });
  const startMs = performance.now();
  const whole: Buffer[] = [];
  const reader = createStreamReader(framing);
  let status = 0;
  let headers: Readonly<Record<string, unknown>> = {};
  let left = false;
  let pieces = 0;
  return new Promise((done) => {
    const listener: Listener = {
      head(code, told) {
        status = code;
        headers = told;
      },
      data(chunk) {
        pieces++;
        if (stream && status === 200) reader.push(chunk);
        else whole.push(chunk);
        if (pieces === plan.leavesAfterPieces) leave();
        else if (plan.restsMs !== undefined && pieces <= RESTS_MAX) {
          trip.pause();
          void wait(plan.restsMs).then(() => trip.resume());
        }
      },
      closed(isWhole, fault) {
        clearTimeout(leaving);
        const clean = isWhole && !left;
        const streamed = stream && status === 200;
        if (streamed && clean) reader.close();
        // Half of an answer that is no stream says nothing.
        const unread: Told = { text: '', ended: false, faults: [] };
        const text = Buffer.concat(whole).toString();
        const told = streamed ? reader.told : clean ? readWhole(framing, status, headers, text) : unread;
        if (fault !== undefined && !left) told.faults.push(fault);
        const id = headers['x-request-id'] as string | undefined; // no list: it comes once
        const attempts = Number(headers['x-turnout-attempts'] ?? Number.NaN);
        done({ plan, status, id, attempts, told, clean, left, pieces, ms: performance.now() - startMs });
      },
    };
    const own = { 'content-type': 'application/json' };
    const trip = transport.send({ path, headers: own, bytes: Buffer.byteLength(body) }, listener);
    const leave = () => {
      left = true;
      trip.leave();
    };
    const leaving = plan.leavesAfterMs === undefined ? undefined : setTimeout(leave, plan.leavesAfterMs);
    if (plan.sendsSlowlyMs === undefined) trip.end(body);
    else {
      trip.write(body.slice(0, 20));
      void wait(plan.sendsSlowlyMs).then(() => trip.end(body.slice(20)));
    }
  });
}
