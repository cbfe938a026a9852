// Citations between Converse's JSON and the canonical form: the plugin reads answers with them, the protocol writes answers.
import type { Citation, CitedPlace } from '../contract/request.ts';

const OWNER = 'bedrock-converse';
const PLACES = { documentChar: 'characters', documentPage: 'pages', documentChunk: 'blocks' } as const;
const KINDS = { characters: 'documentChar', pages: 'documentPage', blocks: 'documentChunk' } as const;

type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const asCount = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** Reads a Converse `Citation` or `CitationsDelta`. What the canonical form has no member for stays in its extension. */
export function citationOfConverse(value: unknown): Citation {
  const { title, source, sourceContent, location, ...others } = isJson(value) ? value : {};
  const text = Array.isArray(sourceContent)
    ? sourceContent.map((piece) => (isJson(piece) && typeof piece.text === 'string' ? piece.text : '')).join('')
    : undefined;
  const place = isJson(location) ? placeOf(location) : undefined;
  const rest = { ...others, ...(location !== undefined && place === undefined ? { location } : {}) };
  return {
    ...(typeof title === 'string' ? { title } : {}),
    ...(text === undefined ? {} : { text }),
    ...(typeof source === 'string' ? { source } : {}),
    ...(place === undefined ? {} : { place }),
    ...(Object.keys(rest).length === 0 ? {} : { extensions: { [OWNER]: rest } }),
  };
}

function placeOf(location: Json): CitedPlace | undefined {
  const [[kind, inner] = []] = Object.entries(location);
  if (!isJson(inner)) return undefined;
  const span = { start: asCount(inner.start), end: asCount(inner.end) };
  switch (kind) {
    case 'documentChar':
    case 'documentPage':
    case 'documentChunk':
      return { in: PLACES[kind], document: asCount(inner.documentIndex), ...span };
    case 'searchResultLocation':
      return { in: 'search-result', result: asCount(inner.searchResultIndex), ...span };
    case 'web':
      return typeof inner.url === 'string' ? { in: 'web', url: inner.url } : undefined;
    default:
      return undefined;
  }
}

/** Writes a Converse `Citation`; undefined for one that says nothing Converse has a member for. */
export function converseCitation({ title, text, source, place, extensions }: Citation): object | undefined {
  const own = extensions?.[OWNER];
  const location = place === undefined ? own?.location : locationOf(place);
  const citation = {
    ...(title === undefined ? {} : { title }),
    ...(source === undefined ? {} : { source }),
    ...(text === undefined ? {} : { sourceContent: [{ text }] }),
    ...(location === undefined ? {} : { location }),
  };
  return Object.keys(citation).length === 0 ? undefined : citation;
}

function locationOf(place: CitedPlace): object {
  switch (place.in) {
    case 'web':
      return { web: { url: place.url } };
    case 'search-result':
      return { searchResultLocation: { searchResultIndex: place.result, start: place.start, end: place.end } };
    default:
      return { [KINDS[place.in]]: { documentIndex: place.document, start: place.start, end: place.end } };
  }
}
