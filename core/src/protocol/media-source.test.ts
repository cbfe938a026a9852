// Data URIs, base64 and URLs.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { base64Of, mediaOfUrl, mediaTypeOfFile } from './media-source.ts';

fc.configureGlobal({ seed: 20261123 });

test.each<[string, object]>([
  ['data:image/png;base64,iVBORw==', { mediaType: 'image/png', data: 'iVBORw==' }],
  ['DATA:image/JPG;BASE64,/9j/', { mediaType: 'image/jpeg', data: '/9j/' }],
  ['data:text/plain;charset=utf-8;base64,aGk=', { mediaType: 'text/plain', data: 'aGk=' }],
  ['data:text/plain,h%C3%A9', { mediaType: 'text/plain', data: Buffer.from('hé').toString('base64') }],
  ['https://example.com/a.png', { mediaType: 'image/*', url: 'https://example.com/a.png' }],
  ['s3://bucket/key', { mediaType: 'image/*', url: 's3://bucket/key' }],
])('%s', (text, expected) => {
  expect(mediaOfUrl(text, 'f', 'image/*')).toEqual(expected);
});

test.each<unknown>([
  undefined,
  5,
  '',
  'iVBORw==',
  'C:\\picture.png',
  'data:',
  'data:image/png;base64',
  'data:;base64,AAAA',
  'data:image/png;base64,',
  'data:image/png;base64,!!!!',
  'data:text/plain,%zz',
  'data:text/plain,',
  `https://example.com/${'a'.repeat(9000)}`,
])('refused: %j', (text) => {
  expect(() => mediaOfUrl(text, 'f', 'image/*')).toThrow(
    expect.objectContaining({ code: 'invalid-request', field: 'f' }),
  );
});

test('base64 of any bytes comes out padded, in the standard alphabet, without breaks', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1 }),
      fc.constantFrom('base64', 'base64url'),
      fc.nat(80),
      (bytes, form, width) => {
        const wire = Buffer.from(bytes).toString(form);
        const broken = wire.replace(new RegExp(`.{${width + 1}}`, 'g'), '$&\r\n');
        expect(base64Of(broken, 'f')).toBe(Buffer.from(bytes).toString('base64'));
      },
    ),
  );
});

test.each(['A', 'AAAAA', 'AA=A', '=', 'AA*=', 'ÄÄÄÄ'])('not base64: %s', (text) => {
  expect(() => base64Of(text, 'f')).toThrow('f: expected base64 data');
});

test('twenty megabytes are read without a stack', () => {
  const large = 'A'.repeat(20 * 1024 * 1024);
  expect(base64Of(large, 'f').length).toBe(large.length);
});

const LARGE = 20_000;

test.each([0, 1, 2])('large base64 with %i letters of padding comes out as it is', (padding) => {
  const text = Buffer.alloc(LARGE * 3 - padding, 'turnout').toString('base64');
  expect(base64Of(text, 'f')).toBe(text);
});

// The last has the letter A in its lower byte, which is all of it that Node's decoder looks at (24.21).
test.each(['!', '=', ' ', '-', '_', 'ä', '\u0000', '\ud83d', '\u0141'])(
  'large text with %j anywhere in it is read as a small one is',
  (letter) => {
    const sound = Buffer.alloc(LARGE * 3, 'turnout').toString('base64');
    for (const at of [0, 1, 2, 3, 40_000, sound.length - 3, sound.length - 2, sound.length - 1]) {
      const text = sound.slice(0, at) + letter + sound.slice(at + 1);
      const small = sound.slice(0, at % 4) + letter + sound.slice((at % 4) + 1, 4 * 4);
      const isLast = at >= sound.length - 3;
      const read = (value: string) => {
        try {
          return base64Of(value, 'f');
        } catch {
          return undefined;
        }
      };
      if (isLast && letter === '=') continue;
      const found = read(text);
      expect(found === undefined, `at ${at}`).toBe(read(small) === undefined);
      // Standard alphabet, padded, whatever came.
      if (found !== undefined) expect(found).toMatch(/^[A-Za-z0-9+/]*={0,2}$/);
    }
  },
);

test.each<[string | undefined, string, string]>([
  ['report.PDF', '', 'application/pdf'],
  ['notes.md', '', 'text/markdown'],
  ['scan', 'JVBERi0xLjQ', 'application/pdf'],
  [undefined, 'AAAA', 'application/octet-stream'],
  ['a.constructor', 'AAAA', 'application/octet-stream'],
])('the media type of %s', (name, base64, expected) => {
  expect(mediaTypeOfFile(name, base64)).toBe(expected);
});
