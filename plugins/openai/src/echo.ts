// What a request's plan remembers so that the answer can be read.
import type { ToolNames } from '@turnout/core/plugin';
import type { ChatBody } from './wire.ts';

export interface Echo {
  /** The model as it was asked for, where the answer names none. */
  readonly model: string;
  readonly names: ToolNames;
  /** Wire names of functions that stand for tools of free text. */
  readonly textTools: ReadonlySet<string>;
  /** The origin of what the server wants back unread. */
  readonly origin: string;
}

/** What `plan` makes for a chat. */
export interface ChatWire {
  /** Without `stream`, which is the call's to say. */
  readonly body: ChatBody;
  readonly echo: Echo;
}
