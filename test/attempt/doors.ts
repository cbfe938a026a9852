// The four protocols and what else asks a model, as a test knocks: a path, and the smallest body that it takes.
export interface Door {
  readonly name: string;
  path(model: string): string;
  body(model: string): object;
}

const MESSAGES = [{ role: 'user', content: 'hi' }];

/** Those that answer a chat. */
export const CHATS: readonly Door[] = [
  { name: 'chat', path: () => '/v1/chat/completions', body: (model) => ({ model, messages: MESSAGES }) },
  { name: 'responses', path: () => '/v1/responses', body: (model) => ({ model, input: 'hi' }) },
  { name: 'messages', path: () => '/v1/messages', body: (model) => ({ model, max_tokens: 9, messages: MESSAGES }) },
  {
    name: 'converse',
    path: (model) => `/model/${model}/converse`,
    body: () => ({ messages: [{ role: 'user', content: [{ text: 'hi' }] }] }),
  },
  {
    name: 'invoke',
    path: (model) => `/model/${model}/invoke`,
    body: () => ({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: MESSAGES }),
  },
];

/** Those that only count. */
export const COUNTS: readonly Door[] = [
  {
    name: 'count_tokens',
    path: () => '/v1/messages/count_tokens',
    body: (model) => ({ model, messages: MESSAGES }),
  },
  {
    name: 'count-tokens',
    path: (model) => `/model/${model}/count-tokens`,
    body: () => ({ input: { converse: { messages: [{ role: 'user', content: [{ text: 'hi' }] }] } } }),
  },
];

export const EMBEDDINGS: Door = {
  name: 'embeddings',
  path: () => '/v1/embeddings',
  body: (model) => ({ model, input: 'hi' }),
};
