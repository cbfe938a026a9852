// Calls that Bedrock itself ran in an earlier answer, and their results: both go back, or neither.
import type { Message, ToolCallPart, ToolResultPart } from '@turnout/core/contract';
import type { Losses } from '@turnout/core/plugin';
import { isObject, parseObject } from '@turnout/core/plugin';
import type { ConverseBlock, ConverseToolResultContent } from '@turnout/core/wire';
import type { Family } from './family.ts';

const ID = /^[a-zA-Z0-9_-]{1,64}$/;

export class ServerTools {
  readonly #family: Family;
  readonly #losses: Losses;
  /** Calls of the message at hand that may go back: id → name. */
  #names = new Map<string, string>();

  constructor(family: Family, losses: Losses) {
    this.#family = family;
    this.#losses = losses;
  }

  /** A message begins: notes which calls in it have their result in it too. */
  enter({ role, parts }: Message): void {
    this.#names = new Map();
    if (role !== 'assistant' || this.#family.systemTools === undefined) return;
    const calls = new Map<string, string>();
    for (const part of parts) {
      if (part.type === 'tool-call' && part.server) calls.set(part.id, part.name);
      else if (part.type === 'tool-result' && part.server) {
        const name = calls.get(part.id);
        if (name !== undefined && ID.test(part.id) && this.#isOurs(name)) this.#names.set(part.id, name);
      }
    }
  }

  /** undefined, and a loss, for the call of another vendor's tool or one without a result. */
  call({ id, input }: ToolCallPart): ConverseBlock | undefined {
    const name = this.#names.get(id);
    if (name === undefined) {
      this.#losses.drop('messages', "calls of a vendor's own tools are not sent");
      return undefined;
    }
    return { toolUse: { toolUseId: id, name, input: parseObject(input) ?? {}, type: 'server_tool_use' } };
  }

  /** The same for a result. */
  result({ id, parts, error }: ToolResultPart): ConverseBlock | undefined {
    const name = this.#names.get(id);
    if (name === undefined) {
      this.#losses.drop('messages', "results of a vendor's own tools are not sent");
      return undefined;
    }
    const content = parts.flatMap((part) => (part.type === 'text' ? [toContent(part.text)] : []));
    return { toolResult: { toolUseId: id, content, status: error ? 'error' : 'success', type: `${name}_result` } };
  }

  #isOurs(name: string): boolean {
    return this.#family.systemTools?.includes(name) === true;
  }
}

/** Such a result is JSON where it was JSON, as the code interpreter's is (recorded in 2025). */
function toContent(text: string): ConverseToolResultContent {
  const value = parseObject(text);
  return isObject(value) ? { json: value } : { text };
}
