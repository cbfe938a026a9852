// OpenAI's SDK over responses: plain, streamed, its stream helper, parse, and reasoning carried through a stateless history.
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import type {
  FunctionTool,
  Response,
  ResponseInput,
  ResponseReasoningItem,
  ResponseStreamEvent,
} from 'openai/resources/responses/responses';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { clientOf, failuresOf, MAJORS } from './openai.ts';
import { type Ask, type CallTool, proveClient, type Said, TOOLS, type UseTools, useStage } from './spine.ts';
import { CLAUDE, MODELS } from './stage.ts';

const tools: FunctionTool[] = TOOLS.map(({ name, description, schema }) => ({
  ...{ type: 'function', name, description, strict: true },
  parameters: schema,
}));

const saidOf = ({ output_text, usage }: Response): Said => ({
  text: output_text,
  inputTokens: usage?.input_tokens,
  outputTokens: usage?.output_tokens,
});

describe.each(MAJORS)('%s', (_major, Sdk) => {
  type Send = (ask: Ask, input: ResponseInput, settings?: object) => Promise<Response>;
  const request = (ask: Ask, input: ResponseInput, settings?: object) => ({
    ...{ model: ask.model, input, store: false },
    ...settings,
  });
  const whole: Send = (ask, input, settings) =>
    clientOf(Sdk, ask).responses.create(request(ask, input, settings), { signal: ask.signal });
  const streamed: Send = (ask, input, settings) =>
    clientOf(Sdk, ask)
      .responses.stream(request(ask, input, settings), { signal: ask.signal })
      .finalResponse();
  const question = (text: string): ResponseInput => [{ role: 'user', content: text }];

  const loop =
    (send: Send): UseTools =>
    async (ask, call) => {
      const first = await send(ask, question(ask.text), { tools });
      const history = [...question(ask.text), ...(first.output as ResponseInput), ...results(first, call)];
      return (await send(ask, history, { tools })).output_text;
    };

  proveClient({
    say: {
      whole: {
        create: async (ask) => {
          const body = { model: ask.model, input: ask.text, instructions: 'Be brief.' };
          return saidOf(await clientOf(Sdk, ask).responses.create(body, { signal: ask.signal }));
        },
      },
      streamed: {
        'create, streamed': async (ask) => {
          const body = { model: ask.model, input: ask.text, stream: true as const };
          return collect(await clientOf(Sdk, ask).responses.create(body, { signal: ask.signal }));
        },
        'stream helper': async (ask) => saidOf(await streamed(ask, question(ask.text))),
      },
    },
    show: async (ask, png) => {
      const image_url = `data:image/png;base64,${png}`;
      const image = { type: 'input_image' as const, image_url, detail: 'auto' as const };
      const content = [{ type: 'input_text' as const, text: ask.text }, image];
      return (await streamed(ask, [{ role: 'user', content }])).output_text;
    },
    useTools: { create: loop(whole), 'stream helper': loop(streamed) },
    ...failuresOf(Sdk),
  });

  describe('more', () => {
    const stage = useStage();

    test.each(MODELS)('parse, %s: an answer and a call', async (model) => {
      const Station = z.object({ town: z.string(), tracks: z.int() });
      const ask = stage.ask(model, 'Describe the station of Olten.');
      const { output_parsed } = await clientOf(Sdk, ask).responses.parse({
        model,
        input: ask.text,
        text: { format: zodTextFormat(Station, 'station') },
      });
      expect(output_parsed).toEqual({ town: expect.any(String), tracks: expect.any(Number) });

      const find = zodResponsesFunction({ name: 'find_station', parameters: z.object({ town: z.string() }) });
      const input = 'Use find_station for Olten.';
      const { output } = await clientOf(Sdk, ask).responses.parse({ model, input, tools: [find] });
      expect(output).toMatchObject([
        { type: 'function_call', name: 'find_station', parsed_arguments: { town: 'Olten' } },
      ]);
    });

    test.each([
      ['create', whole],
      ['stream helper', streamed],
    ])('reasoning goes through a stateless history, byte for byte: %s', async (_name, send) => {
      const settings = {
        tools,
        include: ['reasoning.encrypted_content'],
        reasoning: { effort: 'high', summary: 'auto' },
      };
      const ask = stage.ask(CLAUDE, 'Think, then use get_weather for Basel.');
      const first = await send(ask, question(ask.text), settings);
      const [thought] = first.output.filter((item): item is ResponseReasoningItem => item.type === 'reasoning');
      expect(thought?.encrypted_content).toMatch(/^tn1\.claude\./);
      expect(thought?.summary).toMatchObject([{ type: 'summary_text', text: expect.stringContaining('get_weather') }]);

      // bedrock-local refuses reasoning that it has not signed itself, in these very bytes.
      const history = [...question(ask.text), ...(first.output as ResponseInput), ...results(first, () => 'Sun.')];
      expect((await send(ask, history, settings)).output_text).toContain('Sun.');
      const [asked, again] = stage.current.bedrock.requests.map(
        ({ body }) => body as { messages: { content: object[] }[] },
      );
      expect(asked?.messages).toHaveLength(1);
      expect(again?.messages[1]?.content[0]).toMatchObject({
        reasoningContent: { reasoningText: { text: thought?.summary[0]?.text, signature: expect.any(String) } },
      });
    });
  });
});

async function collect(events: AsyncIterable<ResponseStreamEvent>): Promise<Said> {
  let text = '';
  let last: ResponseStreamEvent | undefined;
  for await (const event of events) {
    expect(event.sequence_number).toBe(last === undefined ? 0 : last.sequence_number + 1);
    if (event.type === 'response.output_text.delta') text += event.delta;
    last = event;
  }
  if (last?.type !== 'response.completed') throw new Error(`the stream ended with ${last?.type}`);
  expect(last.response.output_text ?? text).toBe(text);
  return { ...saidOf(last.response), text };
}

/** The results of all calls in a response. */
function results(response: Response, call: CallTool): ResponseInput {
  return response.output.flatMap((item) => {
    if (item.type !== 'function_call') return [];
    const output = call(item.name, JSON.parse(item.arguments).city);
    return [{ type: 'function_call_output', call_id: item.call_id, output }];
  });
}
