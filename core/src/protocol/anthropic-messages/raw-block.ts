// Anthropic's own blocks, kept as they are in an extension, by short names.
export {
  MESSAGES_OWNER as OWNER,
  rawMessagesBlock as rawBlockOf,
  rawMessagesExtension as rawExtension,
} from '../../wire/index.ts';
