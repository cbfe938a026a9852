// Server-sent events of one answer: each with its name and its number.
import { quoted } from '../quoted.ts';

/** A delta that comes often: everything around its own text and number is made once. */
export interface DeltaFrame {
  readonly before: string;
}

/** Numbers the events of one answer. */
export class EventWriter {
  #sequence: number;

  constructor(firstNumber: number) {
    this.#sequence = firstNumber;
  }

  /** One event. `members` is the inside of a JSON object, without the braces, the type and the number. */
  event(type: string, members: string): string {
    return `${opening(type)}${members}${this.#ending()}`;
  }

  /** The frame of a delta of this type; `members` as in `event`, ending before the delta. */
  frame(type: string, members: string): DeltaFrame {
    return { before: `${opening(type)}${members},"delta":` };
  }

  delta(frame: DeltaFrame, text: string): string {
    return frame.before + quoted(text) + this.#ending();
  }

  #ending(): string {
    return `,"sequence_number":${this.#sequence++}}\n\n`;
  }
}

const opening = (type: string): string => `event: ${type}\ndata: {"type":"${type}",`;
