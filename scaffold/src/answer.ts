// From parrot's lines to Turnout's events: start (block-start block-delta* block-end)* finish.
import { type ChatEvent, type FinishEvent, type FinishReason, RouterError } from '@turnout/core/contract';
import { linesOf } from './lines.ts';

/** One line. Nothing in it is certain: it comes from outside. */
interface Line {
  readonly id?: string;
  readonly text?: string;
  readonly call?: { readonly id: string; readonly name: string; readonly arguments: string };
  readonly done?: string;
  readonly usage?: { readonly input: number; readonly output: number };
  readonly error?: string;
}

const REASONS: Readonly<Record<string, FinishReason>> = { end: 'stop', length: 'length', tools: 'tool-calls' };

/** The events of an answer. Throws `upstream-failed` for one that says so, or that ends before its end. */
export async function* readAnswer(body: AsyncIterable<Uint8Array>, model: string): AsyncGenerator<ChatEvent> {
  let index = -1;
  let writing = false;
  let finish: FinishEvent | undefined;
  for await (const text of linesOf(body)) {
    // The cast only names what is looked at member by member. What is no JSON throws, and becomes `upstream-failed`.
    const line = JSON.parse(text) as Line;
    if (line.error !== undefined) throw new RouterError('upstream-failed', `parrot failed: ${line.error}`);
    if (line.id !== undefined) yield { type: 'start', id: line.id, model };
    if (line.text !== undefined) {
      if (!writing) yield { type: 'block-start', index: ++index, block: { type: 'text' } };
      writing = true;
      yield { type: 'block-delta', index, text: line.text };
    } else if (writing) {
      writing = false;
      yield { type: 'block-end', index };
    }
    if (line.call !== undefined) {
      const { id, name, arguments: input } = line.call;
      yield { type: 'block-start', index: ++index, block: { type: 'tool-call', id, name } };
      yield { type: 'block-delta', index, text: input };
      yield { type: 'block-end', index };
    }
    if (line.done !== undefined) finish = finishOf(line.done, line.usage);
  }
  if (finish === undefined) throw new RouterError('upstream-failed', 'the answer of parrot broke off');
  // Only now, when the body has been read to its end: its connection can be used again.
  yield finish;
}

function finishOf(rawReason: string, { input, output }: Line['usage'] & {} = { input: 0, output: 0 }): FinishEvent {
  const usage = { inputTokens: input, outputTokens: output, totalTokens: input + output };
  return { type: 'finish', reason: REASONS[rawReason] ?? 'other', rawReason, usage };
}
