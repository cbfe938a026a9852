// The table of losses: every sample of every protocol, planned for every family of targets by the code that serves requests.
import { fileURLToPath } from 'node:url';
import { loadRouter } from '../../core/src/cli/index.ts';
import { type Loss, RouterError } from '../../core/src/contract/index.ts';
import { type Router, unrestricted } from '../../core/src/host/index.ts';
import { SILENT } from '../../core/src/observe/index.ts';
import { anthropicMessages } from '../../core/src/protocol/anthropic-messages/index.ts';
import { bedrockConverse } from '../../core/src/protocol/bedrock-converse/index.ts';
import { openaiChat } from '../../core/src/protocol/openai-chat/index.ts';
import { openaiResponses } from '../../core/src/protocol/openai-responses/index.ts';
import type { ProtocolCodec } from '../../core/src/protocol/protocol.ts';
import { targetsOf } from '../../core/src/routing/index.ts';
import { findJourney, lossesOf, prepare } from '../../core/src/server/journey.ts';
import { CONVERSE, MESSAGES } from './claude-samples.ts';
import { CHAT, RESPONSES } from './openai-samples.ts';
import type { ProtocolSamples, Sample } from './sample.ts';

const PROVIDERS = fileURLToPath(new URL('providers.yaml', import.meta.url));
const HOME = fileURLToPath(new URL('../../bin', import.meta.url));

interface Outcome {
  readonly sign: '✓' | '≈' | '✗' | '4xx';
  readonly reason: string;
}
const CARRIED: Outcome = { sign: '✓', reason: '' };

/** What becomes of a sample at the one target of a model name. */
function outcomeOf<Echo>(
  codec: ProtocolCodec<Echo>,
  { plain }: ProtocolSamples,
  sample: Sample,
  model: string,
  router: Router,
): Outcome {
  // Bedrock's clients name the model in the path.
  const named = codec.name === 'bedrock-converse' ? {} : { model };
  const body = { ...named, ...plain, ...sample.body };
  try {
    const { request, stream, losses, echo } = codec.decode(body, {
      headers: sample.headers ?? {},
      model,
      stream: false,
    });
    const fieldName = (field: string) => codec.fieldName(field, echo);
    const departure = { request, stream, protocol: codec.name, fieldName, decodeLosses: losses, body };
    const journey = findJourney(router, departure, unrestricted('table'));
    const [target] = targetsOf(journey.group);
    if (!target) throw new Error(`${model} leads nowhere`);
    return worst(lossesOf(journey, prepare(target, journey).plan));
  } catch (error) {
    if (RouterError.is(error)) return { sign: '4xx', reason: error.publicMessage };
    throw error;
  }
}

function worst(losses: readonly Loss[]): Outcome {
  const loss = losses.find(({ action }) => action === 'dropped') ?? losses[0];
  if (!loss) return CARRIED;
  return { sign: loss.action === 'dropped' ? '✗' : '≈', reason: loss.reason };
}

function section<Echo>(codec: ProtocolCodec<Echo>, samples: ProtocolSamples, router: Router): string {
  const families = router.config.routes.map(({ name }) => name);
  const notes = new Map<string, number>();
  const noteOf = (reason: string): number => {
    const known = notes.get(reason) ?? notes.size + 1;
    notes.set(reason, known);
    return known;
  };
  const rows = samples.samples.map((sample) => {
    const cells = families.map((family) => {
      const { sign, reason } = outcomeOf(codec, samples, sample, family, router);
      return reason === '' ? sign : `${sign} <sup>${noteOf(reason)}</sup>`;
    });
    return `| \`${sample.field}\` | ${cells.join(' | ')} |`;
  });
  const head = `| field | ${families.join(' | ')} |\n|---|${families.map(() => '---|').join('')}`;
  const legend = [...notes].map(([reason, number]) => `${number}. ${reason}`);
  return [`## ${samples.title}`, [head, ...rows].join('\n'), legend.join('\n')].filter(Boolean).join('\n\n');
}

/** The whole document, in Markdown. Makes no call. */
export async function lossTable(): Promise<string> {
  const router = await loadRouter(PROVIDERS, { home: HOME, env: {} }, SILENT);
  try {
    const sections = [
      section(openaiChat, CHAT, router),
      section(openaiResponses, RESPONSES, router),
      section(anthropicMessages, MESSAGES, router),
      section(bedrockConverse, CONVERSE, router),
    ];
    const families = router.config.routes.map(
      ({ name, targets }) =>
        `| ${name} | ${targets.map((target) => `\`${'route' in target ? `route/${target.route}` : `${target.provider}/${target.model}`}\``).join(', ')} |`,
    );
    return `${[INTRODUCTION, ['| family | asked here as |', '|---|---|', ...families].join('\n'), ...sections].join('\n\n')}\n`;
  } finally {
    await router.close();
  }
}

const INTRODUCTION = `# What is lost on the way

Written by \`pnpm losses\`: each field was put alone into a small request and planned for each family of targets by the code that
serves requests. A test keeps this page true.

✓ carried, or without a meaning there and left out with nothing lost · ≈ approximated · ✗ dropped · 4xx refused (as the note says).
What is lost stands in the header \`x-turnout-losses\` and in the log line of the request; with \`strict: true\` it refuses the target.
A body for InvokeModel (\`POST /model/{id}/invoke\`) is one of Anthropic Messages: the same losses, and none where a Claude on Bedrock
is asked, since it is relayed there, as Converse's is by every model on Bedrock.`;
