// The shapes of Converse, ConverseStream and CountTokens bodies, after the bedrock-runtime API model (2023-09-30, as of 2026-11).
import type { Shape } from './shape.ts';

const text = (min?: number, max?: number): Extract<Shape, { kind: 'string' }> => ({
  kind: 'string',
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
});
const pattern = (source: string, min?: number, max?: number): Shape => ({
  ...text(min, max),
  pattern: new RegExp(`^(?:${source})$`),
});
const oneOf = (...values: string[]): Shape => ({ kind: 'string', oneOf: values });
const listOf = (of: Shape, min?: number, max?: number): Shape => ({
  kind: 'list',
  of,
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
});
/** Members that end in `!` are required. */
function structure(members: Record<string, Shape>): Shape {
  const entries = Object.entries(members);
  const required = entries.filter(([name]) => name.endsWith('!')).map(([name]) => name.slice(0, -1));
  return { kind: 'structure', required, members: Object.fromEntries(entries.map(([n, s]) => [n.replace('!', ''), s])) };
}
const union = (name: string, members: Record<string, Shape>): Shape => ({ kind: 'union', name, members });

const anything: Shape = { kind: 'document' };
const flag: Shape = { kind: 'boolean' };
const bytes: Shape = { kind: 'blob', min: 1 };

const toolName = pattern('[a-zA-Z0-9_-]+', 1, 64);
const toolUseId = pattern('[a-zA-Z0-9_.:-]+', 1, 64);
const s3Location = structure({
  'uri!': pattern('s3://[a-z0-9][.\\-a-z0-9]{1,61}[a-z0-9](/.*)?', 1, 1024),
  bucketOwner: pattern('[0-9]{12}'),
});
const cachePoint = structure({ 'type!': oneOf('default'), ttl: oneOf('5m', '1h') });
const citations = structure({ 'enabled!': flag });
const media = (name: string, formats: string[]): Shape =>
  structure({ 'format!': oneOf(...formats), 'source!': union(name, { bytes, s3Location }) });

const image = media('ImageSource', ['png', 'jpeg', 'gif', 'webp']);
const video = media('VideoSource', ['mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp']);
const AUDIO = 'mp3 opus wav aac flac mp4 ogg mkv mka x-aac m4a mpeg mpga pcm webm'.split(' ');
const document = structure({
  format: oneOf('pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'),
  'name!': text(1, 200),
  'source!': union('DocumentSource', {
    bytes,
    s3Location,
    text: text(),
    content: listOf(union('DocumentContentBlock', { text: text() })),
  }),
  context: text(),
  citations,
});
const searchResult = structure({
  'source!': text(),
  'title!': text(),
  'content!': listOf(structure({ 'text!': text() })),
  citations,
});
const guardContent = union('GuardrailConverseContentBlock', {
  text: structure({ 'text!': text(), qualifiers: listOf(oneOf('grounding_source', 'query', 'guard_content')) }),
  image: structure({
    'format!': oneOf('png', 'jpeg'),
    'source!': union('GuardrailConverseImageSource', { bytes }),
  }),
});
const toolReference = structure({ type: text(1, 64), name: text(1, 128), serverName: text(1, 128) });

const contentBlock = union('ContentBlock', {
  text: text(),
  image,
  document,
  video,
  audio: media('AudioSource', AUDIO),
  toolUse: structure({
    'toolUseId!': toolUseId,
    'name!': toolName,
    'input!': anything,
    type: oneOf('server_tool_use'),
  }),
  toolResult: structure({
    'toolUseId!': toolUseId,
    'content!': listOf(
      union('ToolResultContentBlock', { json: anything, text: text(), image, document, video, searchResult }),
    ),
    status: oneOf('success', 'error'),
    type: text(),
  }),
  guardContent,
  cachePoint,
  reasoningContent: union('ReasoningContentBlock', {
    reasoningText: structure({ 'text!': text(), signature: text() }),
    redactedContent: { kind: 'blob' },
  }),
  citationsContent: structure({
    content: listOf(union('CitationGeneratedContent', { text: text() })),
    citations: listOf(anything),
  }),
  searchResult,
  toolAddition: structure({ 'tool!': toolReference }),
  toolRemoval: structure({ 'tool!': toolReference }),
});

const messages = listOf(structure({ 'role!': oneOf('user', 'assistant', 'system'), 'content!': listOf(contentBlock) }));
const system = listOf(union('SystemContentBlock', { text: text(1), guardContent, cachePoint }));
const toolConfig = structure({
  'tools!': listOf(
    union('Tool', {
      toolSpec: structure({
        'name!': toolName,
        description: text(1),
        'inputSchema!': union('ToolInputSchema', { json: anything }),
        strict: flag,
      }),
      systemTool: structure({ 'name!': toolName }),
      cachePoint,
    }),
    1,
  ),
  toolChoice: union('ToolChoice', {
    auto: structure({}),
    any: structure({}),
    tool: structure({ 'name!': toolName }),
  }),
});

const guardrail = {
  guardrailIdentifier: pattern(
    '|([a-z0-9]+)|(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail/[a-z0-9]+)',
    0,
    2048,
  ),
  guardrailVersion: pattern('|([1-9][0-9]{0,7})|(DRAFT)'),
  trace: oneOf('enabled', 'disabled', 'enabled_full'),
};
const metadataText = (min: number): Shape => pattern(`[a-zA-Z0-9\\s:_@$#=/+,-.]{${min},256}`, min, 256);

const common = {
  messages,
  system,
  inferenceConfig: structure({
    maxTokens: { kind: 'integer', min: 1 },
    temperature: { kind: 'float', min: 0, max: 1 },
    topP: { kind: 'float', min: 0, max: 1 },
    stopSequences: listOf(text(1), 0, 2500),
  }),
  toolConfig,
  additionalModelRequestFields: anything,
  additionalModelResponseFieldPaths: listOf(text(1, 256), 0, 10),
  requestMetadata: { kind: 'map', key: metadataText(1), value: metadataText(0), min: 1, max: 16 } satisfies Shape,
  performanceConfig: structure({ latency: oneOf('standard', 'optimized') }),
  serviceTier: structure({ 'type!': oneOf('priority', 'default', 'flex', 'reserved') }),
  outputConfig: structure({
    textFormat: structure({
      'type!': oneOf('json_schema'),
      'structure!': union('OutputFormatStructure', {
        jsonSchema: structure({ 'schema!': text(), name: text(), description: text() }),
      }),
    }),
    effort: text(0, 16),
  }),
};

export const CONVERSE = structure({ ...common, guardrailConfig: structure(guardrail) });
export const CONVERSE_STREAM = structure({
  ...common,
  guardrailConfig: structure({ ...guardrail, streamProcessingMode: oneOf('sync', 'async') }),
});
export const COUNT_TOKENS = structure({
  'input!': union('CountTokensInput', {
    invokeModel: structure({ 'body!': { kind: 'blob' } }),
    converse: structure({ messages, system, toolConfig, additionalModelRequestFields: anything }),
  }),
});
