// Reads Responses' server-sent events, written without a look at the encoder.

/** One event, as its JSON. */
export type Frame = { readonly type: string; readonly [field: string]: unknown };

/** The events of a recorded or encoded stream. Some recorders dropped the line ends between them. */
export function framesOf(sse: string): Frame[] {
  const lines = sse.replaceAll(/(?=event: response\.)|(?=data: \{"type")/g, '\n').split(/\r?\n/);
  return lines.flatMap((line) => {
    const data = line.startsWith('data:') ? line.slice('data:'.length).trim() : '[DONE]';
    return data === '[DONE]' ? [] : [JSON.parse(data)];
  });
}

/** The types of a stream's events; a run of deltas counts once. */
export const typesOf = (frames: readonly Frame[]): string[] =>
  frames.map(({ type }) => type).filter((type, index, all) => !(type.endsWith('.delta') && all[index - 1] === type));

/** The answer that a stream ends with, put together from the items that it says are done. Fails when the last event says
 * something else. */
export function responseOf(frames: readonly Frame[]): Record<string, unknown> {
  const items = frames.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
  const last = frames.at(-1)?.response;
  if (typeof last !== 'object' || last === null || !('output' in last)) throw new Error('the stream has no end');
  return { ...last, output: items };
}
