// What an answer and an event take of memory: a change that allocates more per event or per request is to be meant. Without the compilers
// and without a collection what the heap grows by is the same each time, to a few bytes; optimised code allocates less, never more.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSubject, type Subject, type Way } from './subject.ts';
import type { Plan } from './upstream.ts';
import type { Bytes } from './weighed.ts';

/** Bytes on the heap, but for `eventOutside`. */
interface Weights {
  /** Of a request whose answer is not streamed. */
  whole: number;
  /** Of a request whose answer is a stream of ten deltas. */
  stream: number;
  /** Of each delta more, in one piece with the others. */
  event: number;
  /** And what it takes outside of the heap. */
  eventOutside: number;
}

// Measured with Node 24.21. `npm test -- test/guard --reporter=verbose` prints each as it is now; who makes something lighter writes it here.
const WEIGHTS: Readonly<Record<Way, Weights>> = {
  relayed: { whole: 75_000, stream: 109_400, event: 516, eventOutside: 456 },
  told: { whole: 88_500, stream: 113_400, event: 980, eventOutside: 170 },
  claude: { whole: 88_500, stream: 116_700, event: 486, eventOutside: 358 },
};

/** As a part of the weight: less than one object with one member (48 bytes) for each event, and enough for Node 22 and 26, where an event
 * weighs the same and a request up to 2.1 % more. */
const SLACK = 0.03;

const OPTIONS = [
  // Nothing that depends on when another thread is done with compiling, and what a function keeps of itself is made at its first call.
  ...['--no-opt', '--no-maglev', '--no-sparkplug', '--no-lazy-feedback-allocation'],
  // Room for all that the test allocates, in MiB: nothing is collected.
  ...['--min-semi-space-size=256', '--max-semi-space-size=256'],
];

const WARM = 5;
const FEW: Plan = { deltas: 10, atOnce: true };
const MANY: Plan = { deltas: 110, atOnce: true };

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject('./weighed.ts', OPTIONS);
  // All the ways first, since what one has seen makes a difference for another: the order of the tests is to make none.
  for (let warm = 0; warm < WARM; warm++) {
    for (const way of ['relayed', 'told', 'claude'] as const) {
      for (const plan of [undefined, FEW, MANY]) await subject.ask(way, plan);
    }
  }
}, 30_000);
afterAll(() => subject.close());

async function weigh(way: Way): Promise<Weights> {
  const of = (plan?: Plan) => subject.least<keyof Bytes>(() => subject.ask(way, plan));
  const [whole, few, many] = [await of(), await of(FEW), await of(MANY)];
  const ofEvent = (kind: keyof Bytes) => Math.round((many[kind] - few[kind]) / (MANY.deltas - FEW.deltas));
  return { whole: whole.heap, stream: few.heap, event: ofEvent('heap'), eventOutside: ofEvent('outside') };
}

test.for<[string, Way]>([
  ['relayed', 'relayed'],
  ['told', 'told'],
  ['relayed out of the frames of a Claude on Bedrock', 'claude'],
])('the bytes of an answer and of an event, %s', async ([, way], { annotate }) => {
  const weights = await weigh(way);
  await annotate(JSON.stringify(weights));
  for (const [name, weight] of Object.entries(WEIGHTS[way])) {
    const found = weights[name as keyof Weights]; // both are Weights
    const message = `${name} of ${JSON.stringify(weights)}`;
    expect(found, message).toBeLessThanOrEqual(weight * (1 + SLACK));
    // Half of it is not what a change saves: something was collected while it was measured, or the weights are to be renewed.
    expect(found, message).toBeGreaterThan(weight / 2);
  }
});
