// What reading an answer needs to know of the request that it answers.
import type { JsonText, ToolNames } from '@turnout/core/plugin';

export interface Echo {
  /** The wire model. */
  readonly model: string;
  readonly names: ToolNames;
  /** Wire names of functions that stand for tools of free text. */
  readonly textTools: ReadonlySet<string>;
  /** The wire name of our own tool whose input is the answer's text. */
  readonly outputTool: string | undefined;
  /** How the JSON begins that is taken out of the answer's text. */
  readonly jsonOpener: ConstructorParameters<typeof JsonText>[0] | undefined;
  /** Calls are left out: tools are there for the history's sake alone. */
  readonly ignoresCalls: boolean;
}
