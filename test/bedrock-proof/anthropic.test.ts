// What clients of Anthropic's and of Responses say beyond the canonical form, as Claude and others on Bedrock are sent it.
import type { ChatRequest, Message, Tool } from '@turnout/core/contract';
import { describe } from 'vitest';
import { asked } from './proof.ts';
import { assistant, call, HAIKU_3, holdRules, NOVA, result, SONNET_4_5, SONNET_5, text, tool, user } from './rules.ts';

const OPUS_5_5 = 'anthropic.claude-opus-5-5';

const extended = (bag: Record<string, unknown>): Pick<ChatRequest, 'extensions'> => ({
  extensions: { 'anthropic-messages': bag },
});
const betas = (...list: string[]) => extended({ anthropic_beta: list });
/** One of Anthropic's own tools, as the protocol keeps it. */
const native = (type: string, name: string, more: object = {}): Tool => ({
  kind: 'server',
  name: type,
  extensions: { 'anthropic-messages': { [type]: { type, name, ...more } } },
});
const found = {
  type: 'search_result',
  source: 'https://x.example/',
  title: 'X',
  content: [{ type: 'text', text: 'It says so.' }],
  citations: { enabled: true },
};
const finding = text('X: It says so.', { extensions: { 'anthropic-messages': { search_result: found } } });
const toolTurns: readonly Message[] = [user(text('go')), assistant(call('c1', 'bash')), user(result('c1'))];

describe('betas', () => {
  holdRules('beta', [
    {
      rule: 'those that the model takes are sent',
      asked: asked(SONNET_4_5, betas('interleaved-thinking-2025-05-14', 'context-1m-2025-08-07')),
      body: {
        additionalModelRequestFields: { anthropic_beta: ['interleaved-thinking-2025-05-14', 'context-1m-2025-08-07'] },
      },
    },
    {
      rule: 'what needs none there is no loss',
      asked: asked(
        OPUS_5_5,
        betas('claude-code-20250219', 'effort-2025-11-24', 'interleaved-thinking-2025-05-14', 'context-1m-2025-08-07'),
      ),
      absent: ['additionalModelRequestFields'],
    },
    {
      rule: 'one that is not known is one loss, however many there are',
      asked: asked(SONNET_5, betas('made-up-2026-01-01', 'compact-2026-01-12')),
      absent: ['additionalModelRequestFields'],
      losses: ['anthropic-beta:dropped'],
    },
    {
      rule: 'no other family gets any',
      asked: asked(NOVA, betas('context-1m-2025-08-07', 'context-management-2025-06-27')),
      absent: ['additionalModelRequestFields'],
      losses: ['anthropic-beta:dropped'],
    },
    {
      rule: 'the search for tools is not for Converse: the tools are sent at once',
      asked: asked(OPUS_5_5, {
        ...betas('tool-search-tool-2025-10-19'),
        tools: [
          tool('a'),
          tool('b', { deferred: true }),
          native('tool_search_tool_regex_20251119', 'tool_search_tool_regex'),
        ],
      }),
      body: { toolConfig: { tools: [{ toolSpec: { name: 'a' } }, { toolSpec: { name: 'b' } }] } },
      absent: ['additionalModelRequestFields'],
      losses: ['deferred:approximated', 'tools:approximated'],
    },
    {
      rule: 'tools whose input is to stream at once',
      asked: asked(SONNET_4_5, {
        tools: [tool('a', { extensions: { 'anthropic-messages': { eager_input_streaming: true } } })],
      }),
      body: { additionalModelRequestFields: { anthropic_beta: ['fine-grained-tool-streaming-2025-05-14'] } },
    },
    {
      rule: 'examples of inputs are left out',
      asked: asked(SONNET_4_5, {
        tools: [
          tool('a', { extensions: { 'anthropic-messages': { input_examples: [{}], allowed_callers: ['direct'] } } }),
        ],
      }),
      losses: ['input_examples:dropped'],
    },
  ]);
});

describe('the context', () => {
  const clears = { type: 'clear_tool_uses_20250919', keep: { type: 'tool_uses', value: 3 } };
  holdRules('context', [
    {
      rule: 'clearing the uses of tools goes with its flag',
      asked: asked(SONNET_4_5, extended({ context_management: { edits: [clears] } })),
      body: {
        additionalModelRequestFields: {
          context_management: { edits: [clears] },
          anthropic_beta: ['context-management-2025-06-27'],
        },
      },
    },
    {
      rule: 'keeping all thinking is what is done anyway',
      asked: asked(
        NOVA,
        extended({ context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] } }),
      ),
    },
    {
      rule: 'what the model does not do is lost',
      asked: asked(HAIKU_3, extended({ context_management: { edits: [clears] } })),
      losses: ['context_management:dropped'],
    },
    {
      rule: 'other edits are lost too',
      asked: asked(SONNET_5, extended({ context_management: { edits: [{ type: 'compact_20260112' }] } })),
      losses: ['context_management:dropped'],
    },
    {
      rule: 'Anthropic’s tiers: the standard one is the default, others are not Bedrock’s',
      asked: asked(SONNET_5, extended({ service_tier: 'standard_only' })),
      absent: ['serviceTier'],
    },
  ]);
});

describe('tools of Anthropic’s own making', () => {
  holdRules('tool', [
    {
      rule: 'what the client runs goes past Converse',
      asked: asked(SONNET_5, { tools: [tool('a'), native('bash_20250124', 'bash')] }),
      body: {
        toolConfig: { tools: [{ toolSpec: { name: 'a' } }] },
        additionalModelRequestFields: { tools: [{ type: 'bash_20250124', name: 'bash' }] },
      },
    },
    {
      rule: 'at once, and without a cache mark',
      asked: asked(SONNET_5, { tools: [{ ...native('bash_20250124', 'bash'), deferred: true, cache: {} }] }),
      body: { additionalModelRequestFields: { tools: [{ type: 'bash_20250124', name: 'bash' }] } },
      losses: ['deferred:approximated', 'cache:dropped'],
    },
    {
      rule: 'with the flag that it needs',
      asked: asked(SONNET_4_5, {
        tools: [
          native('computer_20250124', 'computer', { display_width_px: 800 }),
          native('memory_20250818', 'memory'),
        ],
      }),
      body: {
        additionalModelRequestFields: {
          tools: [{ type: 'computer_20250124', name: 'computer', display_width_px: 800 }, { type: 'memory_20250818' }],
          anthropic_beta: ['computer-use-2025-01-24', 'context-management-2025-06-27'],
        },
      },
      absent: ['toolConfig'],
    },
    {
      rule: 'Converse wants to see a tool where the history has calls',
      asked: asked(SONNET_5, { tools: [native('bash_20250124', 'bash')], messages: toolTurns }),
      body: {
        toolConfig: { tools: [{ toolSpec: { name: 'none' } }] },
        additionalModelRequestFields: { tools: [{ name: 'bash' }] },
      },
    },
    {
      rule: 'one of them may be chosen',
      asked: asked(SONNET_4_5, {
        tools: [tool('a'), native('bash_20250124', 'bash')],
        toolChoice: { name: 'bash_20250124' },
        parallelToolCalls: false,
      }),
      body: {
        additionalModelRequestFields: { tool_choice: { type: 'tool', name: 'bash', disable_parallel_tool_use: true } },
      },
      absent: ['toolConfig.toolChoice'],
    },
    {
      rule: 'no other family takes them',
      asked: asked(NOVA, { tools: [tool('a'), native('bash_20250124', 'bash')] }),
      losses: ['tools:dropped'],
    },
    {
      rule: 'what runs on Anthropic’s servers does not run here',
      asked: asked(SONNET_5, { tools: [tool('a'), native('web_search_20250305', 'web_search')] }),
      losses: ['tools:dropped'],
    },
    {
      rule: 'what runs on OpenAI’s servers does not either',
      asked: asked(SONNET_5, {
        tools: [
          tool('ns__a', { namespace: 'ns' }),
          {
            kind: 'server',
            name: 'web_search',
            extensions: { 'openai-responses': { web_search: { type: 'web_search' } } },
          },
        ],
        extensions: { 'openai-responses': { prompt_cache_key: 'k' } },
      }),
      body: { toolConfig: { tools: [{ toolSpec: { name: 'ns__a' } }] } },
      losses: ['tools:dropped'],
    },
  ]);
});

describe('search results', () => {
  const block = { source: found.source, title: 'X', content: [{ text: 'It says so.' }], citations: { enabled: true } };
  holdRules('search result', [
    {
      rule: 'Claude gets the block, in a message and in a result of a tool',
      asked: asked(SONNET_4_5, {
        tools: [tool('look')],
        messages: [user(finding), assistant(call('c1')), user(result('c1', finding))],
      }),
      body: {
        messages: [
          { content: [{ searchResult: block }] },
          {},
          { content: [{ toolResult: { content: [{ searchResult: block }] } }] },
        ],
      },
    },
    {
      rule: 'others get its words',
      asked: asked(NOVA, { messages: [user(finding)] }),
      body: { messages: [{ content: [{ text: 'X: It says so.' }] }] },
      losses: ['search_result:approximated'],
    },
    {
      rule: 'Converse’s own form of it is the same block',
      asked: asked(SONNET_4_5, {
        messages: [user(text('x', { extensions: { 'bedrock-converse': { searchResult: block } } }))],
      }),
      body: { messages: [{ content: [{ searchResult: block }] }] },
    },
  ]);
});

describe('members of Converse that is rebuilt', () => {
  holdRules('converse', [
    {
      rule: 'what only Bedrock has goes along',
      asked: asked(SONNET_4_5, {
        messages: [
          user(
            text('a', {
              extensions: { 'bedrock-converse': { guardContent: { text: { text: 'a', qualifiers: ['query'] } } } },
            }),
          ),
        ],
        extensions: {
          'bedrock-converse': {
            guardrailConfig: { guardrailIdentifier: 'gr1', guardrailVersion: '1' },
            requestMetadata: { a: 'b' },
            additionalModelResponseFieldPaths: ['/x'],
            additionalModelRequestFields: { anthropic_beta: ['context-1m-2025-08-07'], other: 1 },
          },
        },
      }),
      body: {
        messages: [{ content: [{ guardContent: { text: { text: 'a', qualifiers: ['query'] } } }] }],
        guardrailConfig: { guardrailIdentifier: 'gr1', guardrailVersion: '1' },
        requestMetadata: { a: 'b' },
        additionalModelResponseFieldPaths: ['/x'],
        additionalModelRequestFields: { anthropic_beta: ['context-1m-2025-08-07'] },
      },
      losses: ['other:dropped'],
    },
  ]);
});
