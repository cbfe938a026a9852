// Several calls at once, as one: all of them, or the first failure and nothing left running.
import { RouterError } from '@turnout/core/contract';

/** Does `work` for every item, at most `max` at a time; the results in the items' order. On the first failure the signal that
 * the others were given is aborted, and it is thrown once they have all ended. */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  { max, signal }: { readonly max: number; readonly signal: AbortSignal },
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const [only] = items;
  if (items.length === 1 && only !== undefined) return [await work(only, signal)];
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const results: Result[] = [];
  let failure: { readonly thrown: unknown } | undefined;
  // One iterator for all workers: each takes the next item that nobody has.
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failure !== undefined) return;
      try {
        results[index] = await work(item, either);
      } catch (thrown) {
        failure ??= { thrown };
        stop.abort(new RouterError('cancelled', 'another call of the same request has failed'));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(max, items.length) }, worker));
  if (failure !== undefined) throw failure.thrown;
  return results;
}
