// Citations between Messages' JSON and the canonical form: the protocol and the plugin read and write them.
import type { Citation, CitedPlace } from '../contract/request.ts';
import { MESSAGES_OWNER, rawMessagesBlock, rawMessagesExtension } from './messages-block.ts';

type Json = Readonly<Record<string, unknown>>;

const SPANS = {
  char_location: { in: 'characters', start: 'start_char_index', end: 'end_char_index' },
  page_location: { in: 'pages', start: 'start_page_number', end: 'end_page_number' },
  content_block_location: { in: 'blocks', start: 'start_block_index', end: 'end_block_index' },
} as const;
const TYPES = {
  characters: 'char_location',
  pages: 'page_location',
  blocks: 'content_block_location',
} as const;

/** What Anthropic's citations have besides and needs back. */
const EXTRAS = ['file_id', 'encrypted_index'] as const;

const word = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const count = (value: unknown): number => (typeof value === 'number' && Number.isSafeInteger(value) ? value : 0);

/** Reads a citation of a text block. One of a kind that the canonical form does not know stays whole in its extension. */
export function citationOf(raw: Json): Citation {
  const type = word(raw.type) ?? '';
  const place = placeOf(type, raw);
  const title = word(raw.document_title) ?? word(raw.title);
  const text = word(raw.cited_text);
  const source = word(raw.source);
  const extras = EXTRAS.flatMap((key) =>
    raw[key] === undefined || raw[key] === null || raw[key] === '' ? [] : [[key, raw[key]]],
  );
  const said = {
    ...(title === undefined ? {} : { title }),
    ...(text === undefined ? {} : { text }),
    ...(source === undefined ? {} : { source }),
  };
  if (place === undefined) return { ...said, extensions: rawMessagesExtension(type, raw) };
  return {
    ...said,
    place,
    ...(extras.length === 0 ? {} : { extensions: { [MESSAGES_OWNER]: Object.fromEntries(extras) } }),
  };
}

function placeOf(type: string, raw: Json): CitedPlace | undefined {
  switch (type) {
    case 'char_location':
    case 'page_location':
    case 'content_block_location': {
      const span = SPANS[type];
      const document = count(raw.document_index);
      return { in: span.in, document, start: count(raw[span.start]), end: count(raw[span.end]) };
    }
    case 'search_result_location': {
      const result = count(raw.search_result_index);
      return { in: 'search-result', result, start: count(raw.start_block_index), end: count(raw.end_block_index) };
    }
    case 'web_search_result_location':
      return typeof raw.url === 'string' ? { in: 'web', url: raw.url } : undefined;
    default:
      return undefined;
  }
}

/** Writes a citation; undefined for one without a place, which Messages has no form for. */
export function messagesCitation({ title, text = '', source, place, extensions }: Citation): Json | undefined {
  if (place === undefined) return rawMessagesBlock(extensions);
  const own = extensions?.[MESSAGES_OWNER] ?? {};
  const cited_text = text;
  switch (place.in) {
    case 'web':
      return {
        type: 'web_search_result_location',
        cited_text,
        url: place.url,
        title: title ?? null,
        encrypted_index: own.encrypted_index ?? '',
      };
    case 'search-result':
      return {
        type: 'search_result_location',
        cited_text,
        source: source ?? '',
        title: title ?? null,
        search_result_index: place.result,
        start_block_index: place.start,
        end_block_index: place.end,
      };
    default: {
      const type = TYPES[place.in];
      const { start, end } = SPANS[type];
      return {
        type,
        cited_text,
        document_index: place.document,
        document_title: title ?? null,
        [start]: place.start,
        [end]: place.end,
        file_id: own.file_id ?? null,
      };
    }
  }
}
