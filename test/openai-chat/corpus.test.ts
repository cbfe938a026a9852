// Recorded traffic of real clients: every request decodes, every answer comes out as it went in.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { FinishReason } from '../../core/src/contract/index.ts';
import { createCollector } from '../../core/src/protocol/collect.ts';
import { openaiChat } from '../../core/src/protocol/openai-chat/index.ts';
import { type AnswerBlock, accumulateAsSdk, accumulatePlainly, contextFor, encodeAll, eventsOf } from './answers.ts';

const CORPUS = new URL('../../../shared/corpus/', import.meta.url);
const present = existsSync(CORPUS);

/** Requests that must fail, each with its reason. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  // OpenAI itself answered 400: content is null.
  ['envoy-ai-gateway__chat.completions__chat-bad-request-1.json', 'messages[0].content'],
  // The file lies at OpenAI and cannot be sent to another target.
  [
    'pydantic-ai__chat.completions__test_multimodal_tool_return_matrix-tool_return_content-uploaded_file-document-openai_chat--2.json',
    'messages[3].content[0].file.file_id',
  ],
]);
/** Losses that must be reported: a signature of a form that is not this router's. */
const LOSSES: ReadonlyMap<string, readonly string[]> = new Map([
  ['lingua__cc2bedrock__googleToolCallThoughtSignatureReplayParam.json', ['reasoning_signature']],
]);

interface Recorded {
  readonly name: string;
  readonly body: { readonly messages: readonly { readonly role: string; readonly tool_calls?: readonly unknown[] }[] };
  /** The text of a recorded answer with status 200. */
  readonly answer: string | undefined;
}

function readAll(folder: string): Recorded[] {
  if (!present) return [];
  const directory = new URL(`${folder}/`, CORPUS);
  return readdirSync(directory).flatMap((name): Recorded[] => {
    const entry = JSON.parse(readFileSync(new URL(name, directory), 'utf8'));
    const isChat = entry.api === 'chat.completions' || /chat\/completions$/.test(entry.path ?? '');
    const body = entry.chatCompletionsRequest ?? (isChat ? (entry.request?.body ?? entry.body) : undefined);
    if (!body) return [];
    const reference = entry.openaiReferenceResponse;
    const answer = reference
      ? JSON.stringify(reference)
      : entry.response?.status === 200
        ? entry.response.bodyText
        : undefined;
    return [{ name, body, answer }];
  });
}

const folders = ['client-requests', 'client-captures', 'sdk-level'].map((folder) => ({
  folder,
  recorded: readAll(folder),
}));

if (!present) console.log('skipped: ../shared/corpus is absent, so no recorded chat traffic was replayed');

describe.skipIf(!present)('requests', () => {
  test.each(folders)('$folder', ({ recorded }) => {
    expect(recorded.length).toBeGreaterThan(20);
    for (const { name, body } of recorded) {
      const field = REFUSED.get(name);
      if (field !== undefined) {
        expect(() => openaiChat.decode(body), name).toThrow(expect.objectContaining({ field }));
        continue;
      }
      const { request, losses } = openaiChat.decode(body);
      expect(
        losses.map((loss) => loss.field),
        name,
      ).toEqual(LOSSES.get(name) ?? []);
      // Nothing of the conversation is lost: every call, every result and every message is there.
      const parts = request.messages.flatMap((message) => message.parts);
      const count = (type: string) => parts.filter((part) => part.type === type).length;
      expect(count('tool-call'), name).toBe(body.messages.flatMap((message) => message.tool_calls ?? []).length);
      expect(count('tool-result'), name).toBe(body.messages.filter((message) => message.role === 'tool').length);
      expect(JSON.stringify(request).length, name).toBeGreaterThan(20);
    }
  });
});

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  content_filter: 'content-filter',
};

/** As much of a completion as is compared. */
interface Completion {
  readonly choices: readonly {
    readonly finish_reason: string;
    readonly message: {
      readonly content?: string | null;
      readonly tool_calls?: readonly {
        readonly id: string;
        readonly function: { readonly name: string; readonly arguments: string };
      }[];
    };
  }[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly total_tokens: number;
    readonly prompt_tokens_details?: { readonly cached_tokens?: number };
  };
}

/** The recorded answer as one completion; streams are added up. */
function completionOf(answer: string): Completion {
  const text = answer.trim();
  if (text.startsWith('{')) return JSON.parse(text);
  // Some recorders dropped the line ends between events.
  const lines = text
    .replaceAll(/\r?\n|(?=data: \{"id"|data: \[DONE\])/g, '\n')
    .split(/\n+/)
    .filter((line) => line.startsWith('data:'));
  const completion: unknown = accumulatePlainly(
    lines.map((line) => `data: ${line.slice('data:'.length).trim()}\n\n`).join(''),
  );
  // The recordings are read as what they are known to be; a wrong guess fails the comparison.
  return completion as Completion;
}

/** Cut as a model might stream it. */
const fragmentsOf = (text: string, length: number): string[] =>
  Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  );

describe.skipIf(!present)('recorded answers', () => {
  const answers = folders.flatMap(({ recorded }) => recorded.filter(({ answer }) => answer !== undefined));

  test('there are enough of them', () => {
    expect(answers.length).toBeGreaterThan(50);
  });

  test.each(answers)('$name', async ({ answer = '' }) => {
    const { choices, usage } = completionOf(answer);
    const [choice] = choices;
    if (!choice) throw new Error('a recording without an answer');
    const { message, finish_reason } = choice;
    const calls = message.tool_calls ?? [];
    const blocks: AnswerBlock[] = [
      ...(message.content
        ? [{ block: { type: 'text' }, fragments: fragmentsOf(message.content, 7), end: {} } as const]
        : []),
      ...calls.map(
        (call): AnswerBlock => ({
          block: { type: 'tool-call', id: call.id, name: call.function.name },
          fragments: fragmentsOf(call.function.arguments, 5),
          end: {},
        }),
      ),
    ];
    const reason = REASONS[finish_reason] ?? 'other';
    const cached = usage?.prompt_tokens_details?.cached_tokens ?? 0;
    const inputTokens = (usage?.prompt_tokens ?? 0) - cached;
    const outputTokens = usage?.completion_tokens ?? 0;
    const counts = {
      inputTokens,
      outputTokens,
      cacheReadTokens: cached,
      totalTokens: inputTokens + cached + outputTokens,
    };
    const events = eventsOf(blocks, { type: 'finish', reason, rawReason: finish_reason, usage: counts });

    const collector = createCollector();
    for (const event of events) collector.push(event);
    const whole: unknown = JSON.parse(openaiChat.encodeResult(collector.result(), contextFor()));
    // Both are completions; whether they are the right ones is what is looked at.
    const written = [whole, await accumulateAsSdk(encodeAll(events))] as Completion[];
    for (const completion of written) {
      const again = completion.choices[0];
      expect(again?.message.content || null).toBe(message.content || null);
      const plain = (call: (typeof calls)[number]) => [call.id, call.function.name, call.function.arguments];
      expect((again?.message.tool_calls ?? []).map(plain)).toEqual(calls.map(plain));
      expect(again?.finish_reason).toBe(finish_reason);
      if (usage) expect(completion.usage?.total_tokens).toBe(usage.total_tokens);
    }
  });
});
