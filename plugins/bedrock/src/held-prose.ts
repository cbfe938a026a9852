// The words of a model beside the tool that stands for its answer: they reach the client only if the tool is not called.
import type { BlockDeltaEvent, ChatEvent, Citation } from '@turnout/core/contract';
import { JsonText } from '@turnout/core/plugin';

/** Text and citations as they come, until they are told or thrown away. */
export class HeldProse {
  #texts: string[] = [];
  #citations: Citation[] = [];

  add(text: string, citation?: Citation): void {
    this.#texts.push(text);
    if (citation !== undefined) this.#citations.push(citation);
  }

  /** One block with what is held, citations last, and none when that is nothing; then nothing is held any more. */
  take(index: number, read = (text: string): string => text): ChatEvent[] {
    const text = this.#texts.join('');
    const citations = this.#citations.map(
      (citation): BlockDeltaEvent => ({ type: 'block-delta', index, text: '', citation }),
    );
    this.#texts = [];
    this.#citations = [];
    if (text === '' && citations.length === 0) return [];
    return [
      { type: 'block-start', index, block: { type: 'text' } },
      { type: 'block-delta', index, text: read(text) },
      ...citations,
      { type: 'block-end', index },
    ];
  }
}

/** The object in a text that should have been one, or the text where there is none. */
export function objectIn(text: string): string {
  const reader = new JsonText('{');
  return reader.push(text) + reader.end();
}
