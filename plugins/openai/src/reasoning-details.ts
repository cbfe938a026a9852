// `reasoning_details` of OpenRouter and others: what the server wants back unread, put together from its pieces.
import { type Bag, textIn } from './wire.ts';

/** Pieces of one list of details. */
export class ReasoningDetails {
  readonly #entries: Record<string, unknown>[] = [];
  #opaque = false;
  #shows = false;

  /** The reasoning that can be shown; '' when there is none. */
  add(pieces: readonly Bag[]): string {
    let shown = '';
    for (const piece of pieces) {
      this.#opaque ||= textIn(piece.data) !== undefined || textIn(piece.signature) !== undefined;
      const isNew = this.#join(piece);
      const summary = textIn(piece.summary);
      // Summaries are paragraphs of their own.
      if (summary !== undefined && isNew && this.#shows) shown += '\n\n';
      this.#shows ||= summary !== undefined;
      shown += textIn(piece.text) ?? summary ?? '';
    }
    return shown;
  }

  /** The whole list as base64, when anything of it is more than its text. */
  sealed(): string | undefined {
    return this.#opaque ? Buffer.from(JSON.stringify(this.#entries)).toString('base64') : undefined;
  }

  /** Pieces of the same entry have the same index and type; texts are added up, everything else is said once.
   * True when a new entry begins. */
  #join(piece: Bag): boolean {
    const last = this.#entries.at(-1);
    const isMore =
      last !== undefined &&
      last.type === piece.type &&
      last.index === piece.index &&
      (piece.type !== 'reasoning.encrypted' || last.id === piece.id);
    if (!isMore || (piece.type === 'reasoning.encrypted' && piece.index === undefined)) {
      this.#entries.push({ ...piece });
      return true;
    }
    for (const [field, value] of Object.entries(piece)) {
      const before = last[field];
      const grows = field === 'text' || field === 'summary' || field === 'data';
      if (grows && typeof before === 'string' && typeof value === 'string') last[field] = before + value;
      else if (value !== null && value !== undefined) last[field] = value;
    }
    return false;
  }
}
