// A conversation being put together from items: what belongs to one turn joins one message.
import type { Message, Part, ToolCallPart, ToolResultPart } from '../../contract/index.ts';
import type { CarriedCall, CarriedText } from './carrier.ts';

/** Where a part stands. */
interface Place {
  readonly parts: Part[];
  readonly index: number;
}

/** One per request. Items come as OpenAI has them, one by one: text, reasoning and calls in a row are one assistant message, tool
 * outputs in a row one user message. */
export class Turns {
  readonly system: Part[] = [];
  readonly messages: Message[] = [];
  #assistant: Part[] | undefined;
  #results: ToolResultPart[] | undefined;
  /** The last call of each id. */
  readonly #calls = new Map<string, Place>();

  /** Instructions at the start are the system prompt, later ones stay where they are. */
  instruct(parts: readonly Part[]): void {
    // An empty instruction asks for nothing, and several targets refuse empty text.
    const said = parts.filter((part) => part.type !== 'text' || part.text !== '');
    if (this.messages.length === 0) this.system.push(...said);
    else if (said.length > 0) this.#begin({ role: 'system', parts: said });
  }

  user(parts: readonly Part[]): void {
    this.#begin({ role: 'user', parts });
  }

  /** Joins the turn of the assistant that is open, or opens one. */
  assistant(...parts: readonly Part[]): void {
    if (parts.length === 0) return;
    if (!this.#assistant) {
      const turn: Part[] = [];
      this.#begin({ role: 'assistant', parts: turn });
      this.#assistant = turn;
    }
    this.#assistant.push(...parts);
  }

  call(part: ToolCallPart): void {
    this.assistant(part);
    if (this.#assistant) this.#calls.set(part.id, { parts: this.#assistant, index: this.#assistant.length - 1 });
  }

  result(part: ToolResultPart): void {
    if (this.#results) {
      this.#results.push(part);
      return;
    }
    const results = [part];
    this.#begin({ role: 'user', parts: results });
    this.#results = results;
  }

  /** Puts its signature back on a call, wherever that stands by now. False when there is no such call. */
  signCall({ id, signature, origin }: CarriedCall): boolean {
    const place = this.#calls.get(id);
    const call = place?.parts[place.index];
    if (!place || !call) return false;
    place.parts[place.index] = { ...call, signature, origin };
    return true;
  }

  /** Puts its signature back on the text that was said last. False when that is no longer the text that was signed. */
  signText({ length, signature, origin }: CarriedText): boolean {
    if (length === 0) {
      this.assistant({ type: 'text', text: '', signature, origin });
      return true;
    }
    const last = this.#assistant?.at(-1);
    if (!this.#assistant || last?.type !== 'text' || last.text.length !== length || last.signature !== undefined)
      return false;
    this.#assistant[this.#assistant.length - 1] = { ...last, signature, origin };
    return true;
  }

  #begin(message: Message): void {
    this.#assistant = undefined;
    this.#results = undefined;
    this.messages.push(message);
  }
}
