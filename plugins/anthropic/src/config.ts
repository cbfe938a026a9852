// The plugin's own keys of the YAML.
import { z } from 'zod';

const ANTHROPIC_URL = 'https://api.anthropic.com';
/** The version whose requests and answers this plugin writes and reads. Later ones are written alike (2026-10-21). */
const VERSION = '2023-06-01';

const baseUrl = z
  .string()
  .superRefine((value, context) => {
    const problem = urlProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .transform((value) => value.replace(/\/+$/, ''))
  .default(ANTHROPIC_URL)
  .describe(
    "Base URL of Anthropic or of a server that speaks its Messages, up to and without /v1. Default: Anthropic's own.",
  );

function urlProblem(value: string): string | undefined {
  if (!URL.canParse(value)) return `expected a URL such as ${ANTHROPIC_URL}`;
  const url = new URL(value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'expected an http or https URL';
  if (url.username !== '' || url.password !== '') return 'credentials do not belong in the URL: use apiKey';
  if (/[?#]/.test(value)) return 'a query or a fragment cannot be kept: give the base URL only';
  if (/\/v1(\/messages)?\/*$/.test(url.pathname)) return 'give the URL without /v1';
  return undefined;
}

/** What may stand in a header. */
const PRINTABLE = /^[\x21-\x7e]+$/;

const secret = (description: string) =>
  z
    .string()
    .trim()
    .regex(PRINTABLE, 'expected printable characters, no spaces; leave it out where none is needed')
    .describe(description);

const beta = z.string().regex(/^[\x21-\x2b\x2d-\x7e]{1,128}$/, 'expected the name of a beta, without commas');

export const configSchema = z
  .strictObject({
    apiKey: secret('The API key, sent as x-api-key.').optional(),
    authToken: secret('A token in place of the key, sent as a bearer token.').optional(),
    baseUrl,
    version: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date such as 2023-06-01, in quotes')
      .default(VERSION)
      .describe(`Sent as anthropic-version. Default: ${VERSION}.`),
    betas: z.array(beta).default([]).describe('Betas that are always asked for, beside those of the client.'),
  })
  .superRefine((settings, context) => {
    const { apiKey, authToken, baseUrl: url } = settings;
    if (apiKey !== undefined && authToken !== undefined)
      context.addIssue({ code: 'custom', path: ['authToken'], message: 'give apiKey or authToken, not both' });
    if (apiKey !== undefined || authToken !== undefined || !URL.canParse(url) || !isAnthropicHost(url)) return;
    context.addIssue({ code: 'custom', path: ['apiKey'], message: 'missing: Anthropic answers nobody without a key' });
  });

export type AnthropicConfig = z.output<typeof configSchema>;

/** Anthropic's own API. */
export const isAnthropicHost = (url: string): boolean => /(^|\.)api\.anthropic\.com$/.test(new URL(url).hostname);
