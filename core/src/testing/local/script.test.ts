// Which step a request takes.
import { expect, test } from 'vitest';
import type { LocalRequest } from './record.ts';
import { createScript, type StepOptions } from './script.ts';

type Operation = 'chat' | 'count';
interface Step extends StepOptions<Operation> {
  readonly mark: number;
}
const request = (operation: Operation, model = 'm'): LocalRequest<Operation> => ({
  ...{ method: 'POST', path: '/', operation, model, headers: {}, body: undefined },
  ...{ status: 0, aborted: false, finished: false },
});
const create = (...steps: Step[]) => createScript<Operation, Step>(steps, ['count']);

test('in their order, as often as they say', () => {
  const script = create({ mark: 1, times: 2 }, { mark: 2 });
  const taken = Array.from({ length: 4 }, () => script.take(request('chat'))?.mark);
  expect(taken).toEqual([1, 1, 2, undefined]);
});

test('by model and operation; shy operations only when they are named', () => {
  const script = create({ mark: 1 }, { mark: 2, when: { model: 'n' } }, { mark: 3, when: { operation: 'count' } });
  expect(script.take(request('count'))?.mark).toBe(3);
  expect(script.take(request('count'))).toBeUndefined();
  expect(script.take(request('chat', 'n'))?.mark).toBe(1);
  expect(script.take(request('chat', 'full-name'), ['full-name', 'n'])?.mark).toBe(2);
});

test('a function makes one of the request', () => {
  const script = createScript<Operation, Step>([({ model }) => ({ mark: model.length })]);
  expect(script.take(request('chat', 'four'))?.mark).toBe(4);
  script.add([{ mark: 1, times: 'always' }]);
  expect([1, 2, 3].map(() => script.take(request('chat'))?.mark)).toEqual([1, 1, 1]);
  script.clear();
  expect(script.take(request('chat'))).toBeUndefined();
});
