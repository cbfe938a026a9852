// Generated canonical requests, and how a client would write each of them as Messages.
import fc from 'fast-check';
import type { ChatRequest, Message, Part, Tool } from '../../core/src/contract/index.ts';
import { citation } from './answers.ts';

const words = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
const name = fc.stringMatching(/^[a-z_]{1,8}$/);
const bytes = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((raw) => Buffer.from(raw).toString('base64'));
const cache = fc.constantFrom({}, { ttl: '5m' as const }, { ttl: '1h' as const });
const json = fc.dictionary(words, fc.jsonValue(), { maxKeys: 3 });
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

/** Without the fields that are undefined. */
const present = <Fields extends object>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

// The casts below: `present` only drops optional members, which its type cannot say.
const text = fc
  .record({ text: words, cache: maybe(cache) })
  .map((fields) => ({ type: 'text', ...present(fields) }) as Part);
const image = fc
  .record({ mediaType: fc.constantFrom('image/png', 'image/jpeg'), data: bytes, cache: maybe(cache) })
  .map((fields) => ({ type: 'media', ...present(fields) }) as Part);
const document = fc
  .record({
    mediaType: fc.constantFrom('application/pdf', 'text/plain'),
    data: words.map((said) => Buffer.from(said.toWellFormed()).toString('base64')),
    name: maybe(words),
    context: maybe(words),
    citable: fc.constantFrom(true, undefined),
    cache: maybe(cache),
  })
  .map((fields) => ({ type: 'media', ...present(fields) }) as Part);
const remote = fc
  .constantFrom('image/*', 'application/pdf')
  .map((mediaType): Part => ({ type: 'media', mediaType, url: 'https://x.test/a' }));
const content = fc.oneof(text, image, document, remote);
const plain = content.map(({ cache: _, ...part }) => part as Part);
const result = fc
  .record({
    id: name,
    parts: fc.array(plain, { maxLength: 3 }),
    error: fc.constantFrom(true, undefined),
    cache: maybe(cache),
  })
  .map((fields) => ({ type: 'tool-result', ...present(fields) }) as Part);
const call = fc
  .record({ id: name, name, input: json.map((value) => JSON.stringify(value)), cache: maybe(cache) })
  .map((fields) => ({ type: 'tool-call', ...present(fields) }) as Part);
const reasoning = fc.oneof(
  fc.record({ text: words, signature: bytes }).map((said): Part => ({ type: 'reasoning', ...said, origin: 'claude' })),
  bytes.map((data): Part => ({ type: 'reasoning', data, origin: 'claude' })),
  words.map((said): Part => ({ type: 'reasoning', text: said })),
);
const cited = fc
  .record({ text: words, citations: fc.array(citation, { minLength: 1, maxLength: 2 }) })
  .map((said): Part => ({ type: 'text', ...said }));

const parts = (...kinds: fc.Arbitrary<Part>[]) => fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: 4 });
const message = fc.oneof(
  parts(content, result).map((said): Message => ({ role: 'user', parts: said })),
  parts(text, call, reasoning, cited).map((said): Message => ({ role: 'assistant', parts: said })),
  parts(text).map((said): Message => ({ role: 'system', parts: said })),
);
const firstTurn = text.map((part): Message => ({ role: 'user', parts: [part] }));

const functionTool = fc
  .record({
    name,
    description: maybe(words),
    schema: maybe(json),
    strict: maybe(fc.boolean()),
    deferred: fc.constantFrom(true, undefined),
    cache: maybe(cache),
    extensions: maybe(fc.constant({ 'anthropic-messages': { input_examples: [{ a: 1 }] } })),
  })
  .map((fields) => ({ kind: 'function', ...present(fields) }) as Tool);
const serverTool = fc.constantFrom<Tool>(
  {
    kind: 'server',
    name: 'web_search_20250305',
    extensions: {
      'anthropic-messages': { web_search_20250305: { type: 'web_search_20250305', name: 'web_search', max_uses: 8 } },
    },
  },
  {
    kind: 'server',
    name: 'bash_20250124',
    extensions: { 'anthropic-messages': { bash_20250124: { type: 'bash_20250124', name: 'bash' } } },
  },
);

const effort = fc.constantFrom('low', 'medium', 'high', 'xhigh', 'max');
const settings = fc.record({
  temperature: maybe(fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs)),
  topP: maybe(fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs)),
  topK: maybe(fc.integer({ min: 1, max: 500 })),
  stop: maybe(fc.array(words, { minLength: 1, maxLength: 4 })),
  user: maybe(words),
  output: maybe(json.map((schema) => ({ schema }))),
  reasoning: maybe(
    fc.oneof(
      fc.constant('off' as const),
      fc
        .record({
          budget: maybe(fc.integer({ min: 1024, max: 99_999 })),
          effort: maybe(effort),
          display: maybe(fc.constantFrom('full', 'summary', 'omitted')),
        })
        .map(present),
    ),
  ),
  extensions: maybe(
    fc.constant({ 'anthropic-messages': { context_management: { edits: [] }, anthropic_beta: ['a-2026-01-01', 'b'] } }),
  ),
});

/** Requests that Messages can say in full. */
export const canonicalRequest = fc
  .record({
    system: fc.array(text, { maxLength: 3 }),
    first: firstTurn,
    more: fc.array(message, { maxLength: 4 }),
    tools: fc.uniqueArray(fc.oneof(functionTool, serverTool), { maxLength: 4, selector: (tool) => tool.name }),
    choice: fc.nat(8),
    single: fc.boolean(),
    maxTokens: fc.integer({ min: 1, max: 128_000 }),
    settings,
  })
  .map(({ system, first, more, tools, choice, single, maxTokens, settings: set }) => {
    const chosen = tools[choice - 3];
    const toolChoice = chosen ? { name: chosen.name } : (['auto', 'none', 'required'] as const)[choice];
    const asked =
      tools.length === 0 ? {} : present({ toolChoice, parallelToolCalls: single && toolChoice ? false : undefined });
    return {
      model: 'claude',
      system,
      messages: [first, ...more],
      tools,
      maxTokens,
      ...asked,
      ...present(set),
    } as ChatRequest;
  });

const DISPLAYS = { full: 'full', summary: 'summarized', omitted: 'omitted' } as const;

/** The request as a client would send it: JSON. */
export function bodyOf(request: ChatRequest): object {
  const { model, system, messages, tools, maxTokens, temperature, topP, topK, stop, user, output, extensions } =
    request;
  const { anthropic_beta: betas, ...own } = extensions?.['anthropic-messages'] ?? {};
  const reasoning = request.reasoning === 'off' ? {} : request.reasoning;
  const config = present({
    effort: reasoning?.effort,
    format: output && { type: 'json_schema', schema: output.schema },
  });
  return present({
    ...{ model, max_tokens: maxTokens, temperature, top_p: topP, top_k: topK, stop_sequences: stop, betas, ...own },
    system: system.length > 0 ? system.map(blockOf) : undefined,
    messages: messages.map(({ role, parts: said }) => ({ role, content: said.map(blockOf) })),
    tools: tools.length > 0 ? tools.map(toolOf) : undefined,
    tool_choice: choiceOf(request),
    thinking: thinkingOf(request.reasoning),
    output_config: Object.keys(config).length > 0 ? config : undefined,
    metadata: user && { user_id: user },
  });
}

function thinkingOf(reasoning: ChatRequest['reasoning']): object | undefined {
  if (reasoning === undefined) return undefined;
  if (reasoning === 'off') return { type: 'disabled' };
  const { budget, display } = reasoning;
  const shown = { display: display && DISPLAYS[display] };
  return present(
    budget === undefined ? { type: 'adaptive', ...shown } : { type: 'enabled', budget_tokens: budget, ...shown },
  );
}

function choiceOf({ toolChoice, parallelToolCalls, tools }: ChatRequest): object | undefined {
  if (toolChoice === undefined) return undefined;
  const single = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  if (typeof toolChoice === 'string') return { type: toolChoice === 'required' ? 'any' : toolChoice, ...single };
  const tool = tools.find((candidate) => candidate.name === toolChoice.name);
  const raw = tool?.kind === 'server' ? tool.extensions?.['anthropic-messages']?.[tool.name] : undefined;
  return { type: 'tool', name: toolChoice.name, ...(raw ? { name: Object(raw).name } : {}), ...single };
}

const control = ({ cache: mark }: Pick<Part, 'cache'>) =>
  mark ? { cache_control: { type: 'ephemeral', ...mark } } : {};

function toolOf(tool: Tool): object {
  const own = tool.extensions?.['anthropic-messages'];
  if (tool.kind === 'server') return Object(own?.[tool.name]);
  const { name: called, description, schema, strict, deferred } = tool;
  return {
    ...present({ name: called, description, input_schema: schema, strict, defer_loading: deferred }),
    ...own,
    ...control(tool),
  };
}

function blockOf(part: Part): object {
  switch (part.type) {
    case 'text': {
      const citations = part.citations?.map(citationBlock);
      return { type: 'text', text: part.text, ...(citations ? { citations } : {}), ...control(part) };
    }
    case 'media':
      return { ...mediaBlock(part), ...control(part) };
    case 'reasoning':
      if (part.data !== undefined) return { type: 'redacted_thinking', data: part.data };
      return { type: 'thinking', thinking: part.text, signature: part.signature ?? '' };
    case 'tool-call':
      return { type: 'tool_use', id: part.id, name: part.name, input: JSON.parse(part.input), ...control(part) };
    case 'tool-result': {
      const { id, parts: inner, error } = part;
      return {
        type: 'tool_result',
        tool_use_id: id,
        content: inner.map(blockOf),
        ...(error ? { is_error: true } : {}),
        ...control(part),
      };
    }
  }
}

function mediaBlock({ mediaType, data, url, name: title, context, citable }: Extract<Part, { type: 'media' }>): object {
  const source = url === undefined ? { type: 'base64', media_type: mediaType, data } : { type: 'url', url };
  if (mediaType.startsWith('image/')) return { type: 'image', source };
  const said =
    mediaType === 'text/plain'
      ? { type: 'text', media_type: mediaType, data: Buffer.from(data ?? '', 'base64').toString() }
      : source;
  return { type: 'document', source: said, ...present({ title, context, citations: citable && { enabled: true } }) };
}

function citationBlock({
  title,
  text: cited_text,
  source,
  place,
}: NonNullable<Extract<Part, { type: 'text' }>['citations']>[number]): object {
  const said = { cited_text, document_title: title, file_id: null };
  switch (place?.in) {
    case 'characters':
      return {
        type: 'char_location',
        ...said,
        document_index: place.document,
        start_char_index: place.start,
        end_char_index: place.end,
      };
    case 'pages':
      return {
        type: 'page_location',
        ...said,
        document_index: place.document,
        start_page_number: place.start,
        end_page_number: place.end,
      };
    case 'blocks':
      return {
        type: 'content_block_location',
        ...said,
        document_index: place.document,
        start_block_index: place.start,
        end_block_index: place.end,
      };
    case 'search-result':
      return {
        type: 'search_result_location',
        cited_text,
        title,
        source,
        search_result_index: place.result,
        start_block_index: place.start,
        end_block_index: place.end,
      };
    default:
      return { type: 'web_search_result_location', cited_text, title, url: place?.in === 'web' ? place.url : '' };
  }
}
