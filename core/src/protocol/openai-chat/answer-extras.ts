// What an answer says besides its content: the tier that was really used, and a vendor's own data where somebody asked.
import type { FinishEvent } from '../../contract/index.ts';
import { type Bag, isAbsent, isBag } from '../field-reader.ts';
import type { ChatAnswerExtras } from './wire.ts';

/** What the client asked for, and so reads in the answer. */
export interface Asked {
  /** It sent `service_tier`, and reads that field. */
  readonly serviceTier?: true;
  /** It sent the field `bedrock`, and reads it. */
  readonly bedrock?: true;
}

const NOTHING: Asked = {};

export function askedOf(body: Bag): Asked {
  if (isAbsent(body.service_tier) && isAbsent(body.bedrock)) return NOTHING;
  return {
    ...(isAbsent(body.service_tier) ? {} : { serviceTier: true }),
    ...(isAbsent(body.bedrock) ? {} : { bedrock: true }),
  };
}

/** The fields that stand beside `choices`; undefined when there are none. */
export function answerExtrasOf(
  { extensions }: Pick<FinishEvent, 'extensions'>,
  asked: Asked,
): ChatAnswerExtras | undefined {
  const extras = extensions?.['bedrock-converse'];
  if (extras === undefined) {
    const own = asked.serviceTier ? wordIn(extensions?.['openai-chat'], 'service_tier') : undefined;
    return own === undefined ? undefined : { service_tier: own };
  }
  const tier = wordIn(extras.serviceTier, 'type');
  const fields: ChatAnswerExtras = {};
  if (asked.serviceTier && tier !== undefined) fields.service_tier = openaiTier(tier);
  // A guardrail's trace is there only when the client or the operator asked for it.
  const traced = isBag(extras.trace) && extras.trace.guardrail !== undefined;
  if (asked.bedrock || traced) fields.bedrock = bedrockOf(extras, tier);
  return Object.keys(fields).length === 0 ? undefined : fields;
}

/** OpenAI's word for capacity that was bought ahead is `scale`; the other words are the same. */
const openaiTier = (tier: string): string => (tier === 'reserved' ? 'scale' : tier);

function bedrockOf(extras: Bag, tier: string | undefined): NonNullable<ChatAnswerExtras['bedrock']> {
  const latency = wordIn(extras.performanceConfig, 'latency');
  const { latencyMs } = isBag(extras.metrics) ? extras.metrics : {};
  const { trace, additionalModelResponseFields: fields } = extras;
  return {
    ...(tier === undefined ? {} : { serviceTier: tier }),
    ...(latency === undefined ? {} : { latency }),
    ...(typeof latencyMs === 'number' ? { latencyMs } : {}),
    ...(trace === undefined ? {} : { trace }),
    ...(fields === undefined ? {} : { additionalModelResponseFields: fields }),
  };
}

function wordIn(value: unknown, field: string): string | undefined {
  const word = isBag(value) ? value[field] : undefined;
  return typeof word === 'string' ? word : undefined;
}
