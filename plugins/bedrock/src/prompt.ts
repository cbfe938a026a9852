// A prompt kept at Bedrock brings its settings, system prompt and tools: Converse refuses a request that has its own.
import type { ChatRequest, Loss } from '@turnout/core/contract';
import type { ConverseRequestBody } from '@turnout/core/wire';

// What stays. Source: AWS's reference of Converse, 2026-11: with the ARN of a prompt no inferenceConfig, system, toolConfig
// or additionalModelRequestFields.
const KEPT: readonly (keyof ConverseRequestBody)[] = [
  'messages',
  'promptVariables',
  'guardrailConfig',
  'requestMetadata',
  'performanceConfig',
  'serviceTier',
];
const SETTINGS = ['toolChoice', 'maxTokens', 'temperature', 'topP', 'topK', 'stop', 'output', 'reasoning'] as const;

/** Takes out of a body what a managed prompt's ARN forbids. Returns a loss for each thing that the request had set. */
export function fitManagedPrompt(body: ConverseRequestBody, request: ChatRequest): Loss[] {
  for (const key of Object.keys(body) as (keyof ConverseRequestBody)[]) {
    // Object.keys forgets the type of its own object.
    if (!KEPT.includes(key)) delete (body as Partial<ConverseRequestBody>)[key];
  }
  const fields = [
    ...(request.system.length > 0 ? ['system'] : []),
    ...(request.tools.length > 0 ? ['tools'] : []),
    ...SETTINGS.filter((field) => request[field] !== undefined),
  ];
  return fields.map((field) => ({ field, action: 'dropped', reason: 'the prompt at Bedrock brings its own' }));
}
