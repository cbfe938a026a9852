// The plugin's own keys of the YAML.
import { z } from 'zod';
import { isOpenaiHost } from './dialect.ts';

const OPENAI_URL = 'https://api.openai.com/v1';

const baseUrl = z
  .string()
  .superRefine((value, context) => {
    const problem = urlProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .transform((value) => value.replace(/\/+$/, ''))
  .default(OPENAI_URL)
  .describe(
    "Base URL of OpenAI or of a server that speaks its chat completions, up to and without /chat/completions: for Ollama http://127.0.0.1:11434/v1. Default: OpenAI's own.",
  );

function urlProblem(value: string): string | undefined {
  if (!URL.canParse(value)) return 'expected a URL such as http://127.0.0.1:11434/v1';
  const url = new URL(value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'expected an http or https URL';
  if (url.username !== '' || url.password !== '') return 'credentials do not belong in the URL: use apiKey';
  if (/[?#]/.test(value)) return 'a query or a fragment cannot be kept: give the base URL only';
  if (/\/chat\/completions\/*$/.test(url.pathname)) return 'give the URL without /chat/completions';
  return undefined;
}

/** What may stand in a header. */
const PRINTABLE = /^[\x21-\x7e]+$/;

const apiKey = z
  .string()
  .trim()
  .regex(PRINTABLE, 'expected a key: printable characters, no spaces; leave it out where none is needed')
  .describe('The API key, sent as a bearer token. May be left out where baseUrl is not OpenAI itself.');

const word = (description: string) =>
  z.string().regex(PRINTABLE, 'expected printable characters without spaces').describe(description);

export const configSchema = z
  .strictObject({
    apiKey: apiKey.optional(),
    baseUrl,
    organization: word('Sent as OpenAI-Organization: for keys that belong to several.').optional(),
    project: word('Sent as OpenAI-Project: for keys that are not bound to one.').optional(),
  })
  .superRefine((settings, context) => {
    if (settings.apiKey !== undefined || !URL.canParse(settings.baseUrl) || !isOpenaiHost(settings.baseUrl)) return;
    context.addIssue({ code: 'custom', path: ['apiKey'], message: 'missing: OpenAI answers nobody without a key' });
  });

export type OpenaiConfig = z.output<typeof configSchema>;
