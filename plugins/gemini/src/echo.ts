// What a request's plan remembers so that the answer can be read.
import type { ToolNames } from '@turnout/core/plugin';
import type { GenerateBody } from './wire.ts';

export interface Echo {
  /** The model as it was asked for, where the answer names none. */
  readonly model: string;
  readonly names: ToolNames;
  /** Wire names of functions that stand for tools of free text. */
  readonly textTools: ReadonlySet<string>;
}

/** What `plan` makes for a chat. */
export interface ChatWire {
  readonly body: GenerateBody;
  readonly echo: Echo;
}

/** The family that Google's thought signatures belong to. */
export const ORIGIN = 'gemini';

/** Ids of calls that Google gave none: they are for the client only, and never go to Google. */
export const MADE_ID = /^gemcall_/;
