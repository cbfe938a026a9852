// The schema of `server`: where the router listens, and what it shows there.
import { z } from 'zod';
import { duration, size } from './quantity.ts';

/** As browsers send it; programs that are web pages inside have schemes of their own (`app://obsidian.md`). */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*]+$/;

/** More than any machine gains by. */
const WORKERS_MAX = 256;

/** The browser's own spelling: without a port that goes without saying. */
const originOf = (text: string): string => (/^https?:/.test(text) && URL.canParse(text) ? new URL(text).origin : text);

export const serverSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe(
        'Address to listen on; other than loopback only with `keys`. Or a Unix socket: unix:/run/turnout.sock.',
      ),
    port: z.int().min(0).max(65_535).default(4180).describe('0 picks a free port. Of no account for a Unix socket.'),
    workers: z
      .union([z.literal('auto'), z.int().min(1).max(WORKERS_MAX)], {
        error: `expected a number from 1 to ${WORKERS_MAX}, or auto`,
      })
      .default(1)
      .describe('Processes that serve; auto: one for each processor. Limits are divided among them.'),
    bodyLimit: size().prefault('32MiB').describe('Largest request body.'),
    drain: duration(0).prefault('30s').describe('How long running requests may go on after a stop signal.'),
    watch: z.boolean().default(false).describe('Reload when this file changes.'),
    metrics: z
      .enum(['key', 'open'])
      .default('key')
      .describe('Who may read /metrics: an admin key, or anybody. Without `keys`: programs of this machine.'),
    cors: z
      .array(
        z.union([z.literal('*'), z.string().regex(ORIGIN, 'expected an origin such as "https://app.example.com"')]),
      )
      .default([])
      .describe('Origins of web pages that may call; with `keys` also *, for any.'),
    tls: z
      .strictObject({
        cert: z.string().min(1).describe('PEM file with the certificate and its chain; relative to this file.'),
        key: z.string().min(1).describe('PEM file with its private key; relative to this file.'),
      })
      .optional(),
  })
  .transform(({ bodyLimit, drain, tls, cors, ...rest }) => ({
    ...rest,
    cors: cors.map(originOf),
    bodyLimitBytes: bodyLimit,
    drainMs: drain,
    ...(tls !== undefined && { tls }),
  }))
  .prefault({});
