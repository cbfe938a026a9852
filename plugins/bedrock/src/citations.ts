// Citations of an earlier answer, sent back as Converse has them.
import type { ConverseBlock } from '@turnout/core/wire';
import { isObject } from './json.ts';

const MEMBERS: ReadonlySet<string> = new Set(['title', 'source', 'sourceContent', 'location']);
const LOCATIONS: ReadonlySet<string> = new Set([
  'web',
  'documentChar',
  'documentPage',
  'documentChunk',
  'searchResultLocation',
]);

/** The text with its citations; undefined when one of them is not of Converse's shape, such as another vendor's. */
export function citedBlock(text: string, citations: readonly unknown[]): ConverseBlock | undefined {
  if (citations.length === 0 || !citations.every(isCitation)) return undefined;
  return { citationsContent: { content: [{ text }], citations: [...citations] } };
}

function isCitation(value: unknown): boolean {
  if (!isObject(value) || !Object.keys(value).every((key) => MEMBERS.has(key))) return false;
  const { title, source, sourceContent, location } = value;
  const named = [title, source].every((word) => word === undefined || typeof word === 'string');
  return named && isSourceContent(sourceContent) && isLocation(location);
}

const isSourceContent = (value: unknown): boolean =>
  value === undefined ||
  (Array.isArray(value) &&
    value.every((item) => isObject(item) && Object.keys(item).length === 1 && typeof item.text === 'string'));

function isLocation(value: unknown): boolean {
  if (!isObject(value)) return false;
  const [[kind, place] = [], ...others] = Object.entries(value);
  return kind !== undefined && others.length === 0 && LOCATIONS.has(kind) && isObject(place);
}
