// The messages of a chat completion: roles, content, and every call with its result right behind it.
import { isObject, isUnset, type JsonObject } from '@turnout/core/testing';
import { invalidType, invalidValue, missingParameter, Refusal, unknownParameter, unsupportedValue } from './refusal.ts';
import type { Traits } from './traits.ts';

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  system: ['content', 'name'],
  developer: ['content', 'name'],
  user: ['content', 'name'],
  assistant: ['content', 'name', 'refusal', 'audio', 'tool_calls', 'function_call', 'annotations'],
  // LangChain names the tool too.
  tool: ['content', 'tool_call_id', 'name'],
  function: ['content', 'name'],
};
const ID_LENGTH_MAX = 40;

/** Throws Refusal. */
export function checkMessages(value: unknown, traits: Traits): void {
  const messages = value as readonly unknown[]; // found to be a list
  if (messages.length === 0) {
    throw invalidValue('messages', 'empty array. Expected an array with minimum length 1.', 'empty_array');
  }
  for (const [index, message] of messages.entries()) {
    const place = `messages[${index}]`;
    if (!isObject(message)) throw invalidType(place, 'an object', message);
    checkMessage(message, place, traits);
  }
  checkPairs(messages as readonly JsonObject[]); // each found to be an object
}

function checkMessage(message: JsonObject, place: string, traits: Traits): void {
  const role = String(message.role);
  if (isUnset(message.role)) throw missingParameter(`${place}.role`);
  const members = Object.hasOwn(MEMBERS, role) ? MEMBERS[role] : undefined;
  if (members === undefined) {
    const supported = Object.keys(MEMBERS)
      .map((one) => `'${one}'`)
      .join(', ');
    throw new Refusal(`Invalid value: '${role}'. Supported values are: ${supported}.`, {
      ...{ param: `${place}.role`, code: 'invalid_value' },
    });
  }
  if (!traits.roles.includes(role)) {
    throw new Refusal(`Unsupported value: '${place}.role' does not support '${role}' with this model.`, {
      ...{ param: `${place}.role`, code: 'unsupported_value' },
    });
  }
  for (const member of Object.keys(message)) {
    if (member !== 'role' && !members.includes(member)) throw unknownParameter(`${place}.${member}`);
  }
  if (typeof message.name === 'string' && !/^[^\s<|\\/>]{1,64}$/.test(message.name)) {
    throw invalidValue(`${place}.name`, "string does not match pattern '^[^\\s<|\\\\/>]+$'.");
  }
  checkContent(message, role, place);
  if (!isUnset(message.tool_calls)) checkCalls(message.tool_calls, place);
  if (role === 'tool' && typeof message.tool_call_id !== 'string') throw missingParameter(`${place}.tool_call_id`);
}

const PARTS: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image_url', 'input_audio', 'file'],
  assistant: ['text', 'refusal'],
};

function checkContent(
  { content, tool_calls: calls, refusal, audio, function_call: called }: JsonObject,
  role: string,
  place: string,
): void {
  if (isUnset(content)) {
    if (role === 'assistant' && !(isUnset(calls) && isUnset(refusal) && isUnset(audio) && isUnset(called))) return;
    throw new Refusal("Invalid value for 'content': expected a string, got null.", {
      param: place.replace('[', '.[').concat('.content'),
    });
  }
  if (typeof content === 'string') return;
  if (!Array.isArray(content)) throw invalidType(`${place}.content`, 'one of a string or array of objects', content);
  const allowed = PARTS[role] ?? ['text'];
  for (const [index, part] of content.entries()) {
    const at = `${place}.content[${index}]`;
    if (!isObject(part)) throw invalidType(at, 'an object', part);
    const type = String(part.type);
    if (type === 'image_url' && role !== 'user') {
      throw new Refusal(
        `Invalid '${place}'. Image URLs are only allowed for messages with role 'user', but this message with role '${role}' contains an image URL.`,
        { param: place, code: 'invalid_value' },
      );
    }
    if (!allowed.includes(type)) {
      const supported = allowed.map((one) => `'${one}'`).join(', ');
      throw new Refusal(`Invalid value: '${type}'. Supported values are: ${supported}.`, {
        ...{ param: at, code: 'invalid_value' },
      });
    }
    checkPart(part, type, at);
  }
}

function checkPart(part: JsonObject, type: string, at: string): void {
  for (const member of Object.keys(part)) {
    if (member !== 'type' && member !== type && member !== 'prompt_cache_breakpoint') {
      throw unknownParameter(`${at}.${member}`);
    }
  }
  const inner = part[type];
  if (type === 'text' || type === 'refusal') {
    if (typeof inner !== 'string') throw invalidType(`${at}.${type}`, 'a string', inner);
    return;
  }
  if (!isObject(inner)) throw invalidType(`${at}.${type}`, 'an object', inner);
  if (type === 'image_url') checkImage(inner.url, at);
  if (type === 'file' && isUnset(inner.file_id) && isUnset(inner.file_data))
    throw missingParameter(`${at}.file.file_id`);
  if (type === 'file' && typeof inner.file_data === 'string') {
    if (typeof inner.filename !== 'string') throw missingParameter(`${at}.file.filename`);
    if (!/^data:[\w.+-]+\/[\w.+-]+;base64,/.test(inner.file_data))
      throw invalidValue(`${at}.file.file_data`, 'expected a base64-encoded data URL with a media type.');
  }
  if (type === 'input_audio' && inner.format !== 'wav' && inner.format !== 'mp3')
    throw unsupportedValue(`${at}.input_audio.format`, inner.format, "Supported values are: 'wav' and 'mp3'.");
}

function checkImage(url: unknown, at: string): void {
  if (typeof url !== 'string') throw missingParameter(`${at}.image_url.url`);
  if (/^https?:\/\//.test(url)) return;
  if (!/^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/.test(url)) {
    throw new Refusal(
      "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].",
      { code: 'invalid_image_format', param: at },
    );
  }
}

function checkCalls(value: unknown, place: string): void {
  if (!Array.isArray(value)) throw invalidType(`${place}.tool_calls`, 'an array of objects', value);
  if (value.length === 0)
    throw invalidValue(`${place}.tool_calls`, 'empty array. Expected an array with minimum length 1.', 'empty_array');
  for (const [index, call] of value.entries()) {
    const at = `${place}.tool_calls[${index}]`;
    if (!isObject(call)) throw invalidType(at, 'an object', call);
    const { id, type } = call;
    if (typeof id !== 'string') throw missingParameter(`${at}.id`);
    if (id.length > ID_LENGTH_MAX) {
      const message = `string too long. Expected a string with maximum length ${ID_LENGTH_MAX}, but got a string with length ${id.length} instead.`;
      throw invalidValue(`${at}.id`, message, 'string_above_max_length');
    }
    if (type !== 'function' && type !== 'custom') throw missingParameter(`${at}.type`);
    for (const member of Object.keys(call)) {
      if (!['id', 'type', type].includes(member)) throw unknownParameter(`${at}.${member}`);
    }
    const inner = call[type];
    if (!isObject(inner)) throw missingParameter(`${at}.${type}`);
    const text = type === 'custom' ? inner.input : inner.arguments;
    if (typeof text !== 'string') throw missingParameter(`${at}.${type}.${type === 'custom' ? 'input' : 'arguments'}`);
    if (typeof inner.name !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(inner.name))
      throw invalidValue(
        `${at}.${type}.name`,
        "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
      );
  }
}

/** Throws Refusal for calls without a result, and for results without a call. */
function checkPairs(messages: readonly JsonObject[]): void {
  let waiting = new Set<string>();
  let answering = false;
  const checkAnswered = (): void => {
    if (waiting.size === 0) return;
    throw new Refusal(
      `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...waiting].join(', ')}`,
      { param: 'messages' },
    );
  };
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (!answering) {
        throw new Refusal(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          { param: `messages.[${index}].role` },
        );
      }
      if (!waiting.delete(String(message.tool_call_id))) {
        throw new Refusal("Invalid parameter: 'tool_call_id' of a tool message is not in the 'tool_calls' before it.", {
          param: `messages.[${index}].tool_call_id`,
        });
      }
      continue;
    }
    checkAnswered();
    const calls = (message.tool_calls ?? []) as readonly JsonObject[]; // found to be a list of objects
    answering = message.role === 'assistant' && calls.length > 0;
    waiting = new Set(calls.map(({ id }) => String(id)));
  }
  checkAnswered();
}
