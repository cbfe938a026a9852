// Whether Anthropic would take the blocks of a conversation, each by itself. The words are Anthropic's.
import { isObject } from '@turnout/core/testing';
import { type Block, type Body, blocksOf } from './body.ts';
import { isRedacted, verify } from './signature.ts';

const BLOCKS: Readonly<Record<string, readonly string[]>> = {
  document: ['source'],
  image: ['source'],
  redacted_thinking: ['data'],
  search_result: ['content', 'source', 'title'],
  text: ['text'],
  thinking: ['signature', 'thinking'],
  tool_result: ['tool_use_id'],
  tool_use: ['id', 'input', 'name'],
  // What Anthropic's own servers make of it, by their names.
  server_tool_use: ['id', 'input', 'name'],
  mcp_tool_use: ['id', 'input', 'name', 'server_name'],
  mcp_tool_result: ['tool_use_id'],
  web_search_tool_result: ['content', 'tool_use_id'],
  web_fetch_tool_result: ['content', 'tool_use_id'],
  code_execution_tool_result: ['content', 'tool_use_id'],
  bash_code_execution_tool_result: ['content', 'tool_use_id'],
  text_editor_code_execution_tool_result: ['content', 'tool_use_id'],
  tool_search_tool_result: ['content', 'tool_use_id'],
  container_upload: ['file_id'],
  compaction: ['content'],
};
/** Between the turns. */
const OF_SYSTEM: Readonly<Record<string, readonly string[]>> = {
  text: ['text'],
  tool_addition: ['tool'],
  tool_removal: ['tool'],
};
const ONLY_ASSISTANT = /^(thinking|redacted_thinking|tool_use|server_tool_use|mcp_tool_use|.+_tool_result)$/;
const ID = /^[a-zA-Z0-9_-]+$/;

/** What is wrong, or undefined. */
export function findBlockFault({ messages, system }: Body): string | undefined {
  for (const [m, { role, content }] of messages.entries()) {
    // An assistant's last message may be empty, and nothing else.
    if (content.length === 0 && (m < messages.length - 1 || role !== 'assistant')) {
      return `messages.${m}: all messages must have non-empty content except for the optional final assistant message`;
    }
    for (const [b, block] of content.entries()) {
      const fault = oneFault(block, `messages.${m}.content.${b}`, role);
      if (fault !== undefined) return fault;
    }
  }
  const odd = system.findIndex((block) => block.type !== 'text');
  if (odd >= 0) return `system.${odd}.type: Input should be 'text'`;
  return system.map((block) => textFault(block, 'system')).find((fault) => fault !== undefined);
}

function oneFault(block: Block, place: string, role: string): string | undefined {
  const known = role === 'system' ? OF_SYSTEM : BLOCKS;
  const members = Object.hasOwn(known, block.type) ? known[block.type] : undefined;
  if (members === undefined) {
    const tags = Object.keys(known)
      .map((tag) => `'${tag}'`)
      .join(', ');
    return `${place}: Input tag '${block.type}' found using 'type' does not match any of the expected tags: ${tags}`;
  }
  const missing = members.find((name) => block[name] === undefined);
  if (missing !== undefined) return `${place}.${block.type}.${missing}: Field required`;
  if (role === 'user' && ONLY_ASSISTANT.test(block.type) && block.type !== 'tool_result')
    return `${place}: \`${block.type}\` blocks can only be in \`assistant\` messages`;
  if (role !== 'user' && block.type === 'tool_result')
    return `${place}: \`tool_result\` blocks can only be in \`user\` messages`;
  return contentFault(block, place) ?? idFault(block, place);
}

function contentFault(block: Block, place: string): string | undefined {
  switch (block.type) {
    case 'text':
      return textFault(block, 'messages');
    case 'tool_use':
      return isObject(block.input) ? undefined : `${place}.tool_use.input: Input should be a valid dictionary`;
    case 'thinking':
      if (block.signature === '') return `${place}.thinking.signature: Field required`;
      return verify(String(block.thinking), String(block.signature))
        ? undefined
        : `${place}: Invalid \`signature\` in \`thinking\` block`;
    case 'redacted_thinking':
      return isRedacted(block.data) ? undefined : `${place}: Invalid \`data\` in \`redacted_thinking\` block`;
    case 'image':
    case 'document':
      return sourceFault(block, place);
    case 'tool_result':
      return resultFault(block, place);
    default:
      return undefined;
  }
}

function textFault(block: Block, list: string): string | undefined {
  if (typeof block.text !== 'string') return `${list}: text: Input should be a valid string`;
  if (block.text === '') return `${list}: text content blocks must be non-empty`;
  return block.text.trim() === '' ? `${list}: text content blocks must contain non-whitespace text` : undefined;
}

const RESULT_BLOCKS = ['text', 'image', 'document', 'search_result', 'tool_reference'];

function resultFault(block: Block, place: string): string | undefined {
  if (block.content === undefined) return undefined;
  for (const [index, inner] of blocksOf(block.content, `${place}.tool_result.content`).entries()) {
    const at = `${place}.tool_result.content.${index}`;
    if (!RESULT_BLOCKS.includes(inner.type)) {
      const tags = RESULT_BLOCKS.map((tag) => `'${tag}'`).join(', ');
      return `${at}: Input tag '${inner.type}' found using 'type' does not match any of the expected tags: ${tags}`;
    }
    // A result that is one string may be empty.
    if (typeof block.content === 'string') continue;
    const fault = contentFault(inner, at);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  image: ['base64', 'file', 'url'],
  document: ['base64', 'content', 'file', 'text', 'url'],
};

function sourceFault({ type, source }: Block, place: string): string | undefined {
  const kinds = SOURCES[type] ?? [];
  const kind = isObject(source) ? source.type : undefined;
  if (!isObject(source) || typeof kind !== 'string' || !kinds.includes(kind)) {
    const tags = kinds.map((tag) => `'${tag}'`).join(', ');
    return `${place}.${type}.source: Input tag '${String(kind)}' found using 'type' does not match any of the expected tags: ${tags}`;
  }
  if (kind !== 'base64') return undefined;
  const { media_type: mediaType, data } = source;
  const types = type === 'image' ? IMAGE_TYPES : ['application/pdf'];
  if (!types.includes(String(mediaType))) {
    const expected = types.map((one) => `'${one}'`).join(', ');
    return `${place}.${type}.source.base64.media_type: Input should be ${expected}`;
  }
  return typeof data === 'string' && /^[A-Za-z0-9+/]+={0,2}/.test(data)
    ? undefined
    : `${place}.${type}.source.base64: invalid base64 data`;
}

function idFault(block: Block, place: string): string | undefined {
  const member = block.type === 'tool_use' ? 'id' : block.type === 'tool_result' ? 'tool_use_id' : undefined;
  if (member === undefined || ID.test(String(block[member]))) return undefined;
  return `${place}.${block.type}.${member}: String should match pattern '^[a-zA-Z0-9_-]+$'`;
}
