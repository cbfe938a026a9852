// What the primary and its workers say to each other: calls by name, each with an answer. All of it is looked at when it comes in, since
// plugins run in the same process and can send to the same channel.
import { z } from 'zod';

const TEXT_MAX = 65_536;
const LIST_MAX = 10_000;
/** The file itself may have 1 MiB. */
const BYTES_MAX = 2 * 1024 * 1024;
/** Several workers' worth of series, each with all its buckets. */
const SAMPLES_MAX = 5_000_000;

const text = z.string().max(TEXT_MAX);
const texts = z.array(text).max(LIST_MAX).readonly();
const count = z.int().min(0);
/** An event loop that has not turned yet has a lag of NaN. */
const number = z.custom<number>((value) => typeof value === 'number');

const issue = z.object({
  file: text,
  line: count,
  column: count,
  path: text,
  message: text,
  excerpt: text,
});
const issues = z.array(issue).max(LIST_MAX).readonly();

/** What a configuration is made of, by absolute path; it holds secrets. */
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= BYTES_MAX);
const files = z.map(text, bytes).refine(({ size }) => size <= LIST_MAX);

const reloaded = z.object({
  version: count,
  file: text,
  providers: z.object({ kept: texts, created: texts, closed: texts }),
  warnings: issues,
});

const reloads = z.object({ version: count, failures: count, lastSucceeded: z.boolean().exactOptional() });

const metrics = z
  .array(
    z.object({
      name: text,
      help: text,
      type: z.enum(['counter', 'gauge', 'histogram']),
      across: z.enum(['sum', 'max', 'min', 'apart']),
      samples: z
        .array(
          z.object({ name: text.exactOptional(), labels: z.record(z.string(), text).exactOptional(), value: number }),
        )
        .max(SAMPLES_MAX)
        .readonly(),
    }),
  )
  .max(LIST_MAX)
  .readonly();

const health = z.object({
  target: text,
  breaker: z.object({
    state: z.enum(['closed', 'open', 'half-open', 'cooling-down']),
    waitMs: z.number().exactOptional(),
    failures: count.exactOptional(),
  }),
});
const healths = z.array(health).max(LIST_MAX).readonly();
const nothing = z.object({});

/** The primary asks a worker for these. */
export const OF_WORKER = {
  /** Once, at first: builds the configuration and listens. */
  start: {
    body: z.object({
      file: text,
      home: text,
      umask: count,
      place: z.object({ worker: count, of: count }),
      at: z.object({ host: text, port: count }),
      version: count,
      files,
    }),
    result: z.object({ url: text, port: count }),
  },
  /** Builds and checks another configuration beside the one at work. */
  prepare: { body: z.object({ files }), result: nothing },
  /** Puts to work what was prepared … */
  commit: { body: nothing, result: reloaded },
  /** … or forgets it. */
  cancel: { body: nothing, result: nothing },
  /** What it has counted. */
  report: { body: z.object({ reloads }), result: z.object({ metrics }) },
  /** How its breakers stand. */
  examine: { body: z.object({ targets: texts }), result: z.object({ targets: healths }) },
  /** Drains, closes, and ends. */
  stop: { body: nothing, result: nothing },
};

/** A worker asks the primary for these. */
export const OF_PRIMARY = {
  reload: { body: nothing, result: reloaded },
  metrics: { body: nothing, result: z.object({ metrics }) },
  examine: {
    body: z.object({ targets: texts }),
    result: z.object({
      workers: z
        .array(z.object({ worker: count, targets: healths }))
        .max(LIST_MAX)
        .readonly(),
    }),
  },
};

/** The calls that one side takes, with the shapes of what is asked and answered. */
export type Calls = Readonly<Record<string, { readonly body: z.ZodType; readonly result: z.ZodType }>>;
export type Body<C extends Calls, Name extends keyof C> = z.output<C[Name]['body']>;
export type Result<C extends Calls, Name extends keyof C> = z.output<C[Name]['result']>;

const failure = z.union([
  z.object({ issues }),
  z.object({ code: text, message: text, retryAfterMs: z.number().exactOptional() }),
  z.object({ message: text }),
]);
export type Failure = z.output<typeof failure>;

export const envelope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('call'), id: count, name: text, body: z.unknown() }),
  z.object({ kind: z.literal('done'), id: count, body: z.unknown() }),
  z.object({ kind: z.literal('failed'), id: count, failure }),
]);
export type Envelope = z.output<typeof envelope>;
