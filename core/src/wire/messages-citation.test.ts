// Citations there and back.
import { expect, test } from 'vitest';
import { citationOf, messagesCitation } from './messages-citation.ts';

const document = { cited_text: 'c', document_index: 1, document_title: 'T', file_id: null };

test.each([
  { type: 'char_location', ...document, start_char_index: 0, end_char_index: 9 },
  { type: 'page_location', ...document, document_title: null, start_page_number: 1, end_page_number: 2 },
  { type: 'content_block_location', ...document, file_id: 'file_1', start_block_index: 0, end_block_index: 1 },
  {
    ...{ type: 'search_result_location', cited_text: 'c', source: 'https://x.test', title: 'T' },
    ...{ search_result_index: 2, start_block_index: 0, end_block_index: 1 },
  },
  { type: 'web_search_result_location', cited_text: 'c', url: 'https://x.test', title: null, encrypted_index: 'e' },
  { type: 'location_of_2027', cited_text: 'c', anything: { at: ['all'] } },
])('$type', (raw) => {
  const citation = citationOf(raw);
  expect(citation.text).toBe('c');
  expect(messagesCitation(citation)).toEqual(raw);
});

test('one that is not somewhere cannot be said', () => {
  expect(messagesCitation({ title: 'T', text: 'c' })).toBeUndefined();
});

test('members of the wrong type are left out', () => {
  expect(citationOf({ type: 'char_location', cited_text: 1, document_index: '1', end_char_index: 2.5 })).toEqual({
    place: { in: 'characters', document: 0, start: 0, end: 0 },
  });
});
