// What servers say when they refuse, in the shapes they have, as the router's errors.
import { describe, expect, it } from 'vitest';
import { type ErrorContext, readRefusal } from './error.ts';
import { durationMs } from './failure.ts';

const context: ErrorContext = {
  ...{ provider: 'p', model: 'm', baseUrl: 'https://secret-host.example/v1', apiKey: 'very-private-0123' },
  signedIn: true,
  advice: 'check baseUrl',
};
const refusal = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  readRefusal(status, headers, typeof body === 'string' ? body : JSON.stringify(body), context);
const openai = (error: object) => ({
  error: { message: 'it is wrong', type: null, param: null, code: null, ...error },
});

describe('the code', () => {
  it.each([
    [401, openai({ code: 'invalid_api_key' }), 'upstream-denied'],
    [401, openai({}), 'upstream-denied'],
    [403, openai({ code: 'unsupported_country_region_territory' }), 'upstream-denied'],
    [404, openai({ code: 'model_not_found' }), 'model-not-found'],
    [404, openai({ message: 'model "x" not found, try pulling it first' }), 'model-not-found'],
    [404, openai({ message: 'Invalid URL (POST /v1/v1/chat/completions)' }), 'upstream-denied'],
    [404, { detail: 'Not Found' }, 'upstream-denied'],
    [400, openai({ code: 'context_length_exceeded' }), 'context-overflow'],
    [
      400,
      openai({ message: "This model's maximum context length is 8192 tokens. However, you requested 9000." }),
      'context-overflow',
    ],
    [400, openai({ type: 'exceed_context_size_error', message: 'x' }), 'context-overflow'],
    [413, openai({ message: 'the request exceeds the available context size' }), 'context-overflow'],
    [400, openai({ code: 'content_filter' }), 'content-blocked'],
    [
      400,
      openai({ message: "The response was filtered due to the prompt triggering Azure's content management policy" }),
      'content-blocked',
    ],
    [403, openai({ message: 'Your input was flagged' }), 'content-blocked'],
    [400, openai({ code: 'unsupported_parameter' }), 'unsupported'],
    [400, openai({ code: 'unknown_parameter' }), 'invalid-request'],
    [422, { detail: [{ msg: 'field required', loc: ['body'] }] }, 'invalid-request'],
    [400, openai({ message: 'max_tokens exceeds the limit of the model' }), 'invalid-request'],
    [402, openai({ message: 'Insufficient credits' }), 'rate-limited'],
    [413, openai({ code: 'rate_limit_exceeded', type: 'tokens' }), 'rate-limited'],
    [429, openai({ type: 'insufficient_quota' }), 'rate-limited'],
    [408, openai({}), 'upstream-timeout'],
    [500, openai({}), 'upstream-failed'],
    [502, '<html>Bad Gateway</html>', 'upstream-failed'],
    [503, '', 'overloaded'],
    [504, '<html></html>', 'upstream-timeout'],
    [529, openai({}), 'overloaded'],
    [307, openai({}), 'upstream-failed'],
    [400, [{ error: { code: 400, message: 'API key not valid', status: 'INVALID_ARGUMENT' } }], 'upstream-denied'],
    [
      400,
      { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xa***yz' },
      'upstream-denied',
    ],
    [400, { error: { message: 'a/b is not a valid model ID', code: 400 } }, 'model-not-found'],
    [400, openai({ message: 'Model Not Exist', type: 'invalid_request_error' }), 'model-not-found'],
    [400, { object: 'error', message: 'Invalid model: x', type: 'invalid_model', code: '1500' }, 'model-not-found'],
    [
      400,
      { error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens." },
      'context-overflow',
    ],
    [
      400,
      openai({ message: 'The decoder prompt (length 9) is longer than the maximum model length of 8.' }),
      'context-overflow',
    ],
    [
      400,
      openai({ message: 'Your request exceeded model token limit: 262144 (requested: 300000)' }),
      'context-overflow',
    ],
    [
      400,
      openai({ message: "The input (9000 tokens) is longer than the model's context length (8192)" }),
      'context-overflow',
    ],
    [400, { object: 'error', message: 'bad', code: 40303 }, 'invalid-request'],
    [418, '{"constructor": 1}', 'invalid-request'],
  ] as const)('of %i %j is %s', (status, body, code) => {
    expect(refusal(status, body)).toMatchObject({ code, upstream: { status } });
  });
});

describe('the message', () => {
  it('holds no key, no control characters, and not too much', () => {
    const message = `Incorrect API key provided: sk-proj-AbC123****7890. Bearer abc.def very-private-0123\n\u0007${'x'.repeat(5000)}`;
    const error = refusal(401, openai({ message, code: 'invalid_api_key' }));
    for (const text of [error.message, error.publicMessage]) {
      expect(text).toContain('p: m: invalid_api_key: Incorrect API key provided: (key). Bearer (key) (key) x');
      expect(text).not.toMatch(/AbC123|abc\.def|very-private|\p{Cc}/u);
      expect(text.length).toBeLessThan(1200);
    }
  });

  it('tells the caller neither whose account it is nor where the server stands', () => {
    const said = 'No access for org-AbCdEf123456 of proj_AbCdEf123456';
    const error = refusal(404, openai({ message: `Invalid URL ${said}` }));
    expect(error.message).toContain('https://secret-host.example/v1');
    expect(error.message).toContain('org-AbCdEf123456');
    expect(error.publicMessage).not.toMatch(/secret-host|AbCdEf/);
    const page = refusal(502, '<html>secret page</html>');
    expect(page.message).toContain('secret-host');
    expect(page.publicMessage).not.toMatch(/secret/);
  });

  it('of a page is not quoted, of a line of plain text is', () => {
    expect(refusal(500, '<p>hello</p>', { 'content-type': 'text/plain' }).message).not.toContain('hello');
    expect(refusal(500, 'out of memory', { 'content-type': 'text/plain' }).message).toContain('out of memory');
  });
});

it.each([
  ['1s', 1000],
  ['6m0s', 360_000],
  ['20ms', 20],
  ['1h2m0.5s', 3_720_500],
  ['', undefined],
  ['soon', undefined],
  ['5', undefined],
])('the duration %s', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});
