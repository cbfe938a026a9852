// The plugin's own keys of the YAML, and what a route may set under `gemini`.
import { z } from 'zod';

const GOOGLE_URL = 'https://generativelanguage.googleapis.com/v1beta';

/** What may stand in a header. */
const PRINTABLE = /^[\x21-\x7e]+$/;

const apiKey = z
  .string()
  .trim()
  .regex(PRINTABLE, 'expected a key: printable characters, no spaces')
  .describe('The API key of Google AI Studio, sent as x-goog-api-key and never in a URL.');

const baseUrl = z
  .string()
  .superRefine((value, context) => {
    const problem = urlProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .transform((value) => value.replace(/\/+$/, ''))
  .default(GOOGLE_URL)
  .describe(`Base URL up to and with the version, without /models. Default: ${GOOGLE_URL}.`);

function urlProblem(value: string): string | undefined {
  if (!URL.canParse(value)) return `expected a URL such as ${GOOGLE_URL}`;
  const url = new URL(value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'expected an http or https URL';
  if (url.username !== '' || url.password !== '') return 'credentials do not belong in the URL: use apiKey';
  if (/[?#]/.test(value)) return 'a query or a fragment cannot be kept: give the base URL only';
  if (/\/models(\/|$)/.test(url.pathname)) return 'give the URL without /models';
  return undefined;
}

// ai.google.dev/gemini-api/docs/safety-settings (2026-11).
const safetySettings = z
  .array(
    z.strictObject({
      category: z
        .string()
        .regex(/^HARM_CATEGORY_[A-Z_]+$/, 'expected a category such as HARM_CATEGORY_HARASSMENT')
        .describe('What is judged, e.g. HARM_CATEGORY_HARASSMENT.'),
      threshold: z
        .enum(['BLOCK_LOW_AND_ABOVE', 'BLOCK_MEDIUM_AND_ABOVE', 'BLOCK_ONLY_HIGH', 'BLOCK_NONE', 'OFF'])
        .describe('From which probability on it is blocked.'),
    }),
  )
  .describe("Google's content filters, category by category. Without one Google's default holds.");

/** The tools that Google runs. */
export const SERVER_TOOLS = ['googleSearch', 'codeExecution', 'urlContext'] as const;

export const configSchema = z.strictObject({
  apiKey,
  baseUrl,
  safetySettings: safetySettings.optional(),
});

export const extensionSchema = z.strictObject({
  serverTools: z
    .array(z.enum(SERVER_TOOLS))
    .optional()
    .describe('Tools that Google runs itself: googleSearch, codeExecution, urlContext.'),
  safetySettings: safetySettings.optional(),
  responseModalities: z
    .array(z.enum(['TEXT', 'IMAGE']))
    .optional()
    .describe('What a model that makes images answers with. Default: what the model does by itself.'),
});

export type GeminiConfig = z.output<typeof configSchema>;
export type GeminiSettings = z.output<typeof extensionSchema>;
