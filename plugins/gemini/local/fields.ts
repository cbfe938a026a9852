// Which fields the API has, and of which type each is: Google reads JSON strictly, by its protobuf messages.
import { isObject, type JsonObject } from '@turnout/core/testing';
import { invalid, invalidValue, unknownName } from './refusal.ts';

/** A field: its type in Google's words, or the fields of a message, of a list of them with `[]`. */
export type Field =
  | 'TYPE_STRING'
  | 'TYPE_BOOL'
  | 'TYPE_INT32'
  | 'TYPE_FLOAT'
  | 'TYPE_BYTES'
  | 'any'
  | Message
  | readonly [Field];
export interface Message {
  readonly [name: string]: Field;
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Throws Refusal for a field that the message does not have, or one of another type. */
export function checkMessage(value: unknown, message: Message, at: string): JsonObject {
  if (!isObject(value)) throw invalidValue(at, 'type.googleapis.com/google.protobuf.Struct', value);
  for (const [name, inner] of Object.entries(value)) {
    const field = Object.hasOwn(message, name) ? message[name] : undefined;
    if (field === undefined) throw unknownName(name, at);
    if (inner !== null) checkField(inner, field, at === '' ? name : `${at}.${name}`);
  }
  return value;
}

function checkField(value: unknown, field: Field, at: string): void {
  if (field === 'any') return;
  if (isList(field)) {
    if (!Array.isArray(value)) throw invalidValue(at, 'repeated', value);
    for (const [index, one] of value.entries()) checkField(one, field[0], `${at}[${index}]`);
    return;
  }
  if (typeof field === 'object') {
    checkMessage(value, field, at);
    return;
  }
  if (!SCALARS[field](value)) throw invalidValue(at, field, value);
  if (field === 'TYPE_BYTES' && !BASE64.test(String(value)))
    throw invalid(
      `Invalid value at '${at}' (TYPE_BYTES), Base64 decoding failed for ${JSON.stringify(value).slice(0, 60)}`,
    );
}

const isList = (field: Field): field is readonly [Field] => Array.isArray(field);

const SCALARS = {
  TYPE_STRING: (value: unknown) => typeof value === 'string',
  TYPE_BYTES: (value: unknown) => typeof value === 'string',
  TYPE_BOOL: (value: unknown) => typeof value === 'boolean',
  TYPE_FLOAT: (value: unknown) => typeof value === 'number',
  TYPE_INT32: (value: unknown) => Number.isInteger(value) && Number(value) === (Number(value) | 0),
} as const;

const BLOB: Message = { mimeType: 'TYPE_STRING', data: 'TYPE_BYTES' };
export const PART: Message = {
  text: 'TYPE_STRING',
  thought: 'TYPE_BOOL',
  // Bytes; the two stand-ins are none, and taken all the same.
  thoughtSignature: 'TYPE_STRING',
  inlineData: BLOB,
  fileData: { mimeType: 'TYPE_STRING', fileUri: 'TYPE_STRING' },
  functionCall: { id: 'TYPE_STRING', name: 'TYPE_STRING', args: 'any' },
  functionResponse: {
    ...{ id: 'TYPE_STRING', name: 'TYPE_STRING', response: 'any', parts: [{ inlineData: BLOB }] },
    ...{ willContinue: 'TYPE_BOOL', scheduling: 'TYPE_STRING' },
  },
  executableCode: { id: 'TYPE_STRING', language: 'TYPE_STRING', code: 'TYPE_STRING' },
  codeExecutionResult: { id: 'TYPE_STRING', outcome: 'TYPE_STRING', output: 'TYPE_STRING' },
  toolCall: { id: 'TYPE_STRING', toolType: 'TYPE_STRING', args: 'any' },
  toolResponse: { id: 'TYPE_STRING', toolType: 'TYPE_STRING', response: 'any' },
  videoMetadata: 'any',
  mediaResolution: 'any',
  partMetadata: 'any',
};
const CONTENT: Message = { role: 'TYPE_STRING', parts: [PART] };

/** GenerateContentRequest. The model stands in the path. */
export const GENERATE: Message = {
  model: 'TYPE_STRING',
  contents: [CONTENT],
  systemInstruction: CONTENT,
  cachedContent: 'TYPE_STRING',
  safetySettings: [{ category: 'TYPE_STRING', threshold: 'TYPE_STRING' }],
  serviceTier: 'TYPE_STRING',
  store: 'TYPE_BOOL',
  tools: [
    {
      functionDeclarations: [
        {
          ...{ name: 'TYPE_STRING', description: 'TYPE_STRING', behavior: 'TYPE_STRING' },
          ...{ parameters: 'any', parametersJsonSchema: 'any', response: 'any', responseJsonSchema: 'any' },
        },
      ],
      ...{ googleSearch: 'any', codeExecution: 'any', urlContext: 'any', googleMaps: 'any', fileSearch: 'any' },
      ...{ googleSearchRetrieval: 'any', computerUse: 'any', mcpServers: 'any' },
    },
  ],
  toolConfig: {
    functionCallingConfig: { mode: 'TYPE_STRING', allowedFunctionNames: ['TYPE_STRING'] },
    includeServerSideToolInvocations: 'TYPE_BOOL',
    retrievalConfig: 'any',
  },
  generationConfig: {
    ...{ maxOutputTokens: 'TYPE_INT32', temperature: 'TYPE_FLOAT', topP: 'TYPE_FLOAT', topK: 'TYPE_INT32' },
    ...{ candidateCount: 'TYPE_INT32', seed: 'TYPE_INT32', stopSequences: ['TYPE_STRING'] },
    ...{ frequencyPenalty: 'TYPE_FLOAT', presencePenalty: 'TYPE_FLOAT' },
    ...{ responseMimeType: 'TYPE_STRING', responseSchema: 'any', responseJsonSchema: 'any' },
    ...{ responseModalities: ['TYPE_STRING'], responseLogprobs: 'TYPE_BOOL', logprobs: 'TYPE_INT32' },
    ...{
      speechConfig: 'any',
      imageConfig: 'any',
      mediaResolution: 'TYPE_STRING',
      enableEnhancedCivicAnswers: 'TYPE_BOOL',
    },
    thinkingConfig: { includeThoughts: 'TYPE_BOOL', thinkingBudget: 'TYPE_INT32', thinkingLevel: 'TYPE_STRING' },
  },
};

export const COUNT: Message = { contents: [CONTENT], generateContentRequest: GENERATE };

export const EMBED: Message = {
  requests: [
    {
      ...{ model: 'TYPE_STRING', content: CONTENT, taskType: 'TYPE_STRING', title: 'TYPE_STRING' },
      outputDimensionality: 'TYPE_INT32',
    },
  ],
};
