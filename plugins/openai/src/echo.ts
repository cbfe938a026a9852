// What a request's plan remembers so that the answer can be read.
import type { ToolNames } from '@turnout/core/plugin';
import type { LocalNames } from './responses-tools.ts';
import type { Bag } from './wire.ts';

export interface Echo {
  /** The model as it was asked for, where the answer names none. */
  readonly model: string;
  readonly names: ToolNames;
  /** Names of tools inside their namespaces, where those are sent. */
  readonly local?: LocalNames;
  /** Wire names of functions that stand for tools of free text. */
  readonly textTools: ReadonlySet<string>;
  /** The origin of what the server wants back unread. */
  readonly origin: string;
}

/** Which of OpenAI's APIs is asked. */
export type Api = 'chat' | 'responses';

/** What `plan` makes for a chat. */
export interface ChatWire {
  readonly api: Api;
  /** Without `stream`, which is the call's to say. */
  readonly body: Bag;
  readonly echo: Echo;
}

/** What `plan` makes for an answer that is relayed. */
export interface RelayWire {
  readonly api: Api;
  readonly stream: boolean;
  readonly body: Bag;
  /** The wire model. */
  readonly model: string;
  /** The client wants to see the usage of a stream. */
  readonly showsUsage: boolean;
  /** How many answers are asked for at once. */
  readonly choices: number;
}
