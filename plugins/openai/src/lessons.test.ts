// What a refusal teaches holds for all clients: none of them may choose it.
import { RouterError } from '@turnout/core/contract';
import { describe, expect, it } from 'vitest';
import { Lessons } from './lessons.ts';

const usage = { include_usage: true };
const learns = (body: object, said: string): boolean =>
  new Lessons().learnRefusal('m', { ...body }, new RouterError('invalid-request', said));

describe('a refusal', () => {
  it.each([
    [{ stop: ['x'] }, "Unsupported parameter: 'stop' is not supported with this model."],
    [{ seed: 1 }, 'Extra inputs are not permitted: seed'],
    [{ seed: 1 }, 'body.seed: extra fields not permitted'],
    [{ user: 'u' }, 'Unknown field: user.'],
    [{ max_tokens: 1 }, "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."],
    [{ stream_options: usage }, 'Unrecognized request argument supplied: stream_options'],
    [{ stream_options: usage }, 'body.stream_options.include_usage: not permitted'],
  ])('of %j teaches: %s', (body, said) => expect(learns(body, said)).toBe(true));

  it.each([
    [{ stop: ['x'] }, "Unknown parameter: 'messages[0].stop'."],
    [{ user: 'u' }, "Unknown parameter: 'user.name'."],
    [{ stop: ['x'], 'stop ': 1 }, "Unknown parameter: 'stop '."],
    [{ max_tokens: 1 }, "Unknown parameter: 'messages[0].max_completion_tokens'."],
    [{ stream_options: { ...usage, mine: 1 } }, "Unknown parameter: 'stream_options.mine'."],
    [{ stream_options: usage, 'stream_options ': 1 }, "Unknown parameter: 'stream_options '."],
    [{ stream_options: usage }, "Unknown parameter: 'messages[0].stream_options'."],
    [{ stream_options: usage }, "Unknown parameter: 'messages[0].include_usage'."],
  ])('of what the client alone has written teaches nothing: %j, %s', (body, said) =>
    expect(learns(body, said)).toBe(false),
  );
});
