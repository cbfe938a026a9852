// Lines of text from a body that comes in pieces, cut anywhere.
import { RouterError } from '@turnout/core/contract';

/** Everything that comes in has a limit. */
const LINE_CHARS_MAX = 1_000_000;

/** The lines of a body, without their ends and without empty ones. Throws `upstream-failed` for a line that is too long. */
export async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  // A letter may be cut in two as well: the decoder keeps the first half.
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_CHARS_MAX) throw new RouterError('upstream-failed', 'parrot answered with an endless line');
    for (const line of lines) if (line.trim() !== '') yield line;
  }
  if (rest.trim() !== '') yield rest;
}
