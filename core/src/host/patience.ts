// A time limit for work of a plugin that core waits for before or after all requests: importing, creating, closing.

/** What a plugin may take for each of these, in milliseconds: none of them may use the network, so it is ample. */
export const PLUGIN_PATIENCE_MS = 10_000;

/** The value of `work`, or what it throws. Throws an Error with `message` when neither has come in time. */
export async function within<T>(work: T | PromiseLike<T>, limitMs: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, refuse) => {
    // Not unreferenced: where nothing else is to be done, Node would leave without a word.
    timer = setTimeout(() => refuse(new Error(message)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A limit for a sentence: `10 s`, `50 ms`. */
export const spelled = (ms: number): string => (ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`);
