// How one block of an answer looks in Converse, streamed or whole.
import type { Block } from '../../contract/index.ts';
import { redactedToConverse } from '../../wire/index.ts';
import { carrySignature } from '../carried-signature.ts';
import { isBag } from '../field-reader.ts';
import { outwardOf } from '../reasoning-envelope.ts';

type ToolCallBlock = Extract<Block, { type: 'tool-call' }>;

/** The head of a tool call, without its input. */
export const callHead = ({ id, name, server }: ToolCallBlock) => ({
  toolUseId: id,
  name,
  ...(server ? { type: 'server_tool_use' as const } : {}),
});

/** The `input` of a call as JSON text. Clients take an object and bring it back as one: what is none is wrapped, so that it
 * stays visible. */
export function inputJson(text: string): string {
  if (text.trim() === '') return '{}';
  return isObjectText(text) ? text : JSON.stringify({ rawInvalidInput: text });
}

function isObjectText(text: string): boolean {
  try {
    return isBag(JSON.parse(text));
  } catch {
    return false;
  }
}

/** The names of the tools that the vendor itself ran, by the ids of their calls: a result says whose it is. */
export class ServerCalls {
  readonly #names = new Map<string, string>();

  add({ id, name, server }: ToolCallBlock): void {
    if (server) this.#names.set(id, name);
  }

  /** The head of such a result. */
  resultHead(id: string): { toolUseId: string; type: string; status: 'success' } {
    return { toolUseId: id, type: `${this.#names.get(id) ?? 'server_tool'}_result`, status: 'success' };
  }
}

/** An entry of such a result, as JSON text: what is a JSON object is one in Converse too. */
export const resultItem = (text: string): string =>
  isObjectText(text) ? `{"json":${text}}` : `{"text":${JSON.stringify(text)}}`;

const FORMATS: ReadonlyMap<string, string> = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpeg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
]);

/** The format of an image that an answer can hold; undefined for any other media. */
export const imageFormatOf = (mediaType: string): string | undefined => FORMATS.get(mediaType.toLowerCase());

/** What says in the answer that there was media which a Converse answer has no block for. */
export const mediaNote = (mediaType: string): string => `[${mediaType}: not shown, this protocol has no place for it]`;

/** Redacted reasoning as the base64 that stands for bytes on the wire: SDKs decode it, and encode it anew to bring it back. */
export function redactedContent(origin: string | undefined, data: string | undefined): string | undefined {
  const value = outwardOf(origin, data);
  return value === undefined ? undefined : redactedToConverse(value);
}

/** The signature of a text or a tool call, which Converse has no member for: as redacted reasoning behind it. */
export function carriedSignature(origin: string | undefined, signature: string | undefined): string | undefined {
  if (origin === undefined || !signature) return undefined;
  return redactedToConverse(carrySignature({ origin, value: signature }));
}
