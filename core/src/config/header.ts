// The headers that the operator adds to upstream requests.
import { z } from 'zod';

/** They frame the message or belong to one connection (RFC 9110, 7.6.1), or are the plugin's to set. */
const REFUSED = new Set([
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const NAME_MESSAGE = 'a header name has letters, digits and "-" only';
/** A token (RFC 9110, 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const TEXT = /^[ -~\u0080-\u00ff]*$/;

const nameSchema = z
  .string()
  .regex(TOKEN, NAME_MESSAGE)
  .refine((name) => !REFUSED.has(name.toLowerCase()), 'the router or the plugin sets this header');

/** A map of names to values; returns it with names in lower case. */
export const headersSchema = z
  .record(nameSchema, z.string().regex(TEXT, 'a header value has no control characters'))
  .superRefine((headers, context) => {
    const seen = new Set<string>();
    for (const name of Object.keys(headers)) {
      const lower = name.toLowerCase();
      const params = { at: 'key' };
      if (seen.has(lower)) context.addIssue({ code: 'custom', path: [name], message: 'the same header twice', params });
      seen.add(lower);
    }
  })
  .transform((headers) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()])),
  );
