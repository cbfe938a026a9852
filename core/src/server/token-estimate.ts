// How many tokens a request takes by a rule of thumb, for models that nobody counts for.
import type { ChatRequest, Part } from '../contract/index.ts';

// Four bytes of UTF-8 a token is what English and code take with the usual tokenisers (a CJK character,
// three bytes, comes out at three quarters of one); the rest is rounded up, so that a limit is met early rather than late.
const BYTES_PER_TOKEN = 4;
const TOKENS_PER_MESSAGE = 4;
/** A tool's frame in the prompt, besides its JSON. */
const TOKENS_PER_TOOL = 12;
/** The prompt that tool use as such adds. */
const TOKENS_OF_TOOL_USE = 300;
/** The largest image that Claude does not scale down (Anthropic, 2026). */
const TOKENS_PER_IMAGE = 1600;
/** A page of a document, of which its bytes are the only sign. */
const TOKENS_PER_PAGE = 2000;
const BYTES_PER_PAGE = 50_000;
/** As text it would be more than an image is; texts so long have spaces. */
const LONG_BASE64 = /^(?:data:[^,]{1,100},)?[A-Za-z0-9+/]{8000,}={0,2}$/;

/** A rule of thumb: text and the JSON of tools and of an answer's schema by their bytes, images and documents at a flat rate. */
export function estimateTokens({ system, messages, tools, output }: ChatRequest): number {
  let tokens = sumOf(system);
  for (const { parts } of messages) tokens += TOKENS_PER_MESSAGE + sumOf(parts);
  if (tools.length > 0) tokens += TOKENS_OF_TOOL_USE;
  for (const { name, description, schema, format } of tools) {
    tokens += TOKENS_PER_TOOL + textTokens(JSON.stringify({ name, description, schema, format }));
  }
  if (output?.schema) tokens += textTokens(JSON.stringify(output.schema));
  return Math.ceil(tokens);
}

/** Of a body in a form that is not known: all of it is text but for long base64, which is taken for images. */
export function estimateBody(body: unknown): number {
  let images = 0;
  const text = JSON.stringify(body, (_name, value) => {
    if (typeof value !== 'string' || !LONG_BASE64.test(value)) return value;
    images++;
    return '';
  });
  return textTokens(text) + images * TOKENS_PER_IMAGE;
}

/** Of a text alone. */
export const textTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);

const sumOf = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + partTokens(part), 0);

function partTokens(part: Part): number {
  switch (part.type) {
    case 'text':
      return textTokens(part.text);
    case 'reasoning':
      return textTokens(part.text ?? part.data ?? '');
    case 'tool-call':
      return textTokens(part.name) + textTokens(part.input);
    case 'tool-result':
      return sumOf(part.parts);
    case 'media':
      return mediaTokens(part.mediaType, part.data ?? '');
  }
}

function mediaTokens(mediaType: string, data: string): number {
  const bytes = Buffer.byteLength(data, 'base64');
  if (mediaType.startsWith('text/')) return Math.ceil(bytes / BYTES_PER_TOKEN);
  if (mediaType.startsWith('image/')) return TOKENS_PER_IMAGE;
  return TOKENS_PER_PAGE * Math.max(1, Math.ceil(bytes / BYTES_PER_PAGE));
}
