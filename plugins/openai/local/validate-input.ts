// The items of a request for a response: their parts, and each call with its output.
import { isObject, isUnset, type JsonObject } from '@turnout/core/testing';
import { invalidType, invalidValue, missingParameter, Refusal } from './refusal.ts';
import { isSealed } from './response-events.ts';

const SAID = ['output_text', 'refusal'];
const SHOWN = ['input_text', 'input_image', 'input_file', 'input_audio'];
const ROLES = ['user', 'assistant', 'system', 'developer'];
const CALL_ID_LENGTH_MAX = 64;

/** Throws Refusal. */
export function checkInput({ input, store }: JsonObject): void {
  if (typeof input === 'string') return;
  if (!Array.isArray(input)) throw invalidType('input', 'one of a string or an array of input items', input);
  const waiting = new Set<string>();
  for (const [index, item] of input.entries()) {
    const at = `input[${index}]`;
    if (!isObject(item)) throw invalidType(at, 'an object', item);
    checkItem(item, at, store !== false, waiting);
  }
  for (const id of waiting) throw new Refusal(`No tool output found for function call ${id}.`, { param: 'input' });
}

const CALLS: Readonly<Record<string, string>> = { function_call: 'arguments', custom_tool_call: 'input' };

function checkItem(item: JsonObject, at: string, stored: boolean, waiting: Set<string>): void {
  const type = isUnset(item.type) ? 'message' : String(item.type);
  const { call_id: id } = item;
  if (type === 'message') checkMessage(item, at);
  else if (type === 'reasoning') checkReasoning(item, at, stored);
  else if (type === 'item_reference') throw notFound(item, stored);
  else if (Object.hasOwn(CALLS, type)) {
    if (typeof item.name !== 'string') throw missingParameter(`${at}.name`);
    if (typeof item[CALLS[type] ?? ''] !== 'string') throw missingParameter(`${at}.${CALLS[type]}`);
    waiting.add(checkCallId(id, at));
  } else if (type === 'function_call_output' || type === 'custom_tool_call_output') {
    if (!waiting.delete(checkCallId(id, at)))
      throw new Refusal(`No tool call found for function call output with call_id ${String(id)}.`, { param: 'input' });
    if (typeof item.output !== 'string') checkParts(item.output, `${at}.output`, SHOWN);
  }
}

function checkCallId(id: unknown, at: string): string {
  if (typeof id !== 'string') throw missingParameter(`${at}.call_id`);
  if (id.length <= CALL_ID_LENGTH_MAX) return id;
  const message = `string too long. Expected a string with maximum length ${CALL_ID_LENGTH_MAX}, but got a string with length ${id.length} instead.`;
  throw invalidValue(`${at}.call_id`, message, 'string_above_max_length');
}

function checkMessage({ role, content }: JsonObject, at: string): void {
  if (!ROLES.includes(String(role))) {
    const known = ROLES.map((word) => `'${word}'`).join(', ');
    throw new Refusal(`Invalid value: '${String(role)}'. Supported values are: ${known}.`, {
      param: `${at}.role`,
      code: 'invalid_value',
    });
  }
  if (isUnset(content)) throw missingParameter(`${at}.content`);
  if (typeof content !== 'string') checkParts(content, `${at}.content`, role === 'assistant' ? SAID : SHOWN);
}

function checkParts(content: unknown, at: string, known: readonly string[]): void {
  if (!Array.isArray(content)) throw invalidType(at, 'one of an array of objects or a string', content);
  for (const [index, part] of content.entries()) {
    const type = isObject(part) ? String(part.type) : '';
    if (known.includes(type)) continue;
    const words = known.map((word) => `'${word}'`).join(' and ');
    throw new Refusal(`Invalid value: '${type}'. Supported values are: ${words}.`, {
      param: `${at}[${index}]`,
      code: 'invalid_value',
    });
  }
}

/** Without a store an item has to bring what it was. */
function checkReasoning(item: JsonObject, at: string, stored: boolean): void {
  if (!Array.isArray(item.summary)) throw missingParameter(`${at}.summary`);
  if (isUnset(item.encrypted_content)) throw notFound(item, stored);
  if (isSealed(item.encrypted_content)) return;
  throw new Refusal(`The encrypted content ${String(item.encrypted_content).slice(0, 12)}... could not be verified.`, {
    code: 'invalid_encrypted_content',
  });
}

function notFound({ id }: JsonObject, stored: boolean): Refusal {
  const hint = stored
    ? ''
    : ' Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.';
  return new Refusal(`Item with id '${String(id)}' not found.${hint}`, { status: 404, param: 'input' });
}
