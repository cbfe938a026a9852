// The way back, for tests: a recorded Converse request becomes the canonical request that should lead to it.
import type { ChatRequest, Effort, MediaPart, Message, Output, Part, Reasoning, Tool } from '@turnout/core/contract';
import {
  type ConverseBlock,
  type ConverseCachePoint,
  type ConverseDocument,
  type ConverseImage,
  type ConverseRequestBody,
  type ConverseToolResultContent,
  citationOfConverse,
} from '@turnout/core/wire';

/** Throws for a member that it cannot put into a canonical request. */
export function toCanonical(model: string, body: ConverseRequestBody): ChatRequest {
  const { messages, system = [], inferenceConfig = {}, toolConfig, outputConfig } = body;
  const { maxTokens, temperature, topP, stopSequences } = inferenceConfig;
  const settings = readFields(body.additionalModelRequestFields ?? {});
  const choice = toolConfig?.toolChoice;
  const output = readOutput(outputConfig);
  return {
    model,
    system: toParts(system.map((block) => block as ConverseBlock)), // a system block is a block of fewer kinds
    messages: messages.map(({ role, content }): Message => ({ role, parts: toParts(content) })),
    tools: readTools(toolConfig?.tools ?? []),
    ...(choice?.auto === undefined ? {} : { toolChoice: 'auto' }),
    ...(choice?.any === undefined ? {} : { toolChoice: 'required' }),
    ...(choice?.tool === undefined ? {} : { toolChoice: { name: choice.tool.name } }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stopSequences === undefined ? {} : { stop: stopSequences }),
    ...(output === undefined ? {} : { output }),
    ...settings,
  };
}

/** What a route sets for such a request: members of Converse beside the conversation. */
export function toRouteSettings({
  guardrailConfig,
  performanceConfig,
  serviceTier,
  requestMetadata,
}: ConverseRequestBody) {
  const {
    guardrailIdentifier: id,
    guardrailVersion: version,
    trace,
    streamProcessingMode: streamMode,
  } = guardrailConfig ?? {};
  return {
    ...(guardrailConfig === undefined ? {} : { guardrail: { id, version, trace, streamMode } }),
    ...(performanceConfig === undefined ? {} : { latency: performanceConfig.latency }),
    ...(serviceTier === undefined ? {} : { serviceTier: { use: serviceTier.type } }),
    ...(requestMetadata === undefined ? {} : { requestMetadata }),
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function toParts(blocks: readonly ConverseBlock[]): Part[] {
  const parts: Mutable<Part>[] = [];
  for (const block of blocks) {
    if (block.cachePoint === undefined) parts.push(toPart(block));
    else {
      const last = parts.at(-1);
      if (last === undefined) throw new Error('a cache point with nothing before it');
      last.cache = toCache(block.cachePoint);
    }
  }
  return parts as Part[]; // only `cache` was written to
}

const toCache = ({ ttl }: ConverseCachePoint): { ttl?: '5m' | '1h' } => (ttl === undefined ? {} : { ttl });

function toPart(block: ConverseBlock): Part {
  const { text, toolUse, toolResult, reasoningContent, citationsContent, guardContent } = block;
  if (text !== undefined) return { type: 'text', text };
  if (guardContent !== undefined) {
    const { text: guarded } = guardContent as { text: { text: string; qualifiers?: string[] } }; // of a recorded request
    const guard = guarded.qualifiers ?? true;
    return { type: 'text', text: guarded.text, extensions: { bedrock: { guard } } };
  }
  if (toolUse !== undefined) {
    const { toolUseId: id, name, input, type } = toolUse;
    const server = type === undefined ? {} : { server: true as const };
    return { type: 'tool-call', id, name, input: JSON.stringify(input), ...server };
  }
  if (toolResult !== undefined) {
    const { toolUseId: id, content, status, type } = toolResult;
    const error = status === 'error' ? { error: true as const } : {};
    const server = type === undefined ? {} : { server: true as const };
    return { type: 'tool-result', id, parts: content.map(toResultPart), ...error, ...server };
  }
  if (reasoningContent !== undefined) {
    const { reasoningText, redactedContent } = reasoningContent;
    const signature = reasoningText?.signature === undefined ? {} : { signature: reasoningText.signature };
    return {
      type: 'reasoning',
      origin: 'claude',
      ...(reasoningText === undefined ? {} : { text: reasoningText.text, ...signature }),
      ...(redactedContent === undefined ? {} : { data: Buffer.from(redactedContent, 'base64').toString() }),
    };
  }
  if (citationsContent !== undefined) {
    const cited = (citationsContent.content ?? []).map((piece) => piece.text ?? '').join('');
    return { type: 'text', text: cited, citations: (citationsContent.citations ?? []).map(citationOfConverse) };
  }
  return toMedia(block);
}

function toResultPart(content: ConverseToolResultContent): Part {
  if (content.text !== undefined) return { type: 'text', text: content.text };
  if (content.json !== undefined) return { type: 'text', text: JSON.stringify(content.json) };
  return toMedia(content);
}

function toMedia({ image, document, video, audio, ...rest }: ConverseBlock & ConverseToolResultContent): Part {
  if (image !== undefined) return withSource(image, `image/${image.format}`);
  if (video !== undefined) return withSource(video, VIDEO_TYPES[video.format] ?? `video/${video.format}`);
  if (audio !== undefined) return withSource(audio, `audio/${audio.format}`);
  if (document !== undefined) return toDocument(document);
  throw new Error(`no canonical part for ${Object.keys(rest).join()}`);
}

const VIDEO_TYPES: Readonly<Record<string, string>> = {
  mov: 'video/quicktime',
  mkv: 'video/x-matroska',
  flv: 'video/x-flv',
  wmv: 'video/x-ms-wmv',
  mpg: 'video/mpeg',
  three_gp: 'video/3gpp',
};

const DOCUMENT_TYPES: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  html: 'text/html',
  md: 'text/markdown',
  txt: 'text/plain',
};

function toDocument({ format, name, source, context, citations }: ConverseDocument): Part {
  const said = {
    ...(context === undefined ? {} : { context }),
    ...(citations?.enabled ? { citable: true as const } : {}),
  };
  const data = source.text === undefined ? source : { bytes: Buffer.from(source.text).toString('base64') };
  const media = withSource({ format, source: data }, DOCUMENT_TYPES[format] ?? format);
  return { ...media, name, ...said };
}

function withSource({ source }: ConverseImage, mediaType: string): MediaPart {
  if (source.bytes !== undefined) return { type: 'media', mediaType, data: source.bytes };
  if (source.s3Location !== undefined) return { type: 'media', mediaType, url: source.s3Location.uri };
  throw new Error(`no canonical source for ${Object.keys(source).join()}`);
}

function readTools(given: NonNullable<ConverseRequestBody['toolConfig']>['tools']): Tool[] {
  const tools: Mutable<Tool>[] = [];
  for (const { toolSpec, systemTool, cachePoint } of given) {
    if (toolSpec !== undefined) {
      const { name, description, inputSchema, strict } = toolSpec;
      tools.push({
        kind: 'function',
        name,
        schema: inputSchema.json as Record<string, unknown>, // of a recorded request
        ...(description === undefined ? {} : { description }),
        ...(strict === undefined ? {} : { strict }),
      });
    } else if (systemTool !== undefined) tools.push({ kind: 'server', name: systemTool.name });
    const last = tools.at(-1);
    if (cachePoint !== undefined && last !== undefined) last.cache = toCache(cachePoint);
  }
  return tools;
}

function readOutput(config: ConverseRequestBody['outputConfig']): Output | undefined {
  const format = config?.textFormat?.structure.jsonSchema;
  if (format === undefined) return undefined;
  const { schema, name, description } = format;
  // The canonical form has the description in the schema.
  const parsed = JSON.parse(schema);
  return {
    schema: description === undefined ? parsed : { ...parsed, description: parsed.description ?? description },
    ...(name === undefined ? {} : { name }),
  };
}

function readFields(fields: Record<string, unknown>): Pick<ChatRequest, 'topK' | 'reasoning'> {
  const settings: Mutable<Pick<ChatRequest, 'topK' | 'reasoning'>> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (key === 'top_k') settings.topK = Number(value);
    else if (key === 'inferenceConfig')
      settings.topK = (value as { topK: number }).topK; // Nova's only member
    else if (key === 'reasoning_effort') settings.reasoning = { effort: value as Effort };
    else if (key === 'reasoningConfig')
      settings.reasoning = readNova(value as { maxReasoningEffort?: Effort }); // as recorded
    else if (key === 'thinking' || (key === 'reasoning_config' && typeof value === 'object')) {
      settings.reasoning = readThinking(value as Thinking); // as recorded
    } else if (key === 'reasoning_config') settings.reasoning = { effort: value as Effort };
    else throw new Error(`no canonical setting for ${key}`);
  }
  return settings;
}

const readNova = ({ maxReasoningEffort: effort }: { maxReasoningEffort?: Effort }): Reasoning =>
  effort === undefined ? {} : { effort };

interface Thinking {
  readonly type: string;
  readonly budget_tokens?: number;
  readonly display?: string;
}

function readThinking({ type, budget_tokens: budget, display }: Thinking): 'off' | Reasoning {
  if (type === 'disabled') return 'off';
  const shown = display === 'omitted' ? 'omitted' : display === 'summarized' ? 'summary' : undefined;
  return { ...(budget === undefined ? {} : { budget }), ...(shown === undefined ? {} : { display: shown }) };
}
