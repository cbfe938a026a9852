// What a route (`bedrock: …` in the YAML) and a client (`bedrock: {…}` in its request) may set of Converse's other members.
import { RouterError } from '@turnout/core/contract';
import { z } from 'zod';

export const TIERS = ['default', 'flex', 'priority', 'reserved'] as const;
export type Tier = (typeof TIERS)[number];

const tier = z.enum(TIERS);

const VERSION_EXPECTED = 'expected a version such as 1, or DRAFT';
const version = z
  .union([z.string(VERSION_EXPECTED).regex(/^([1-9][0-9]{0,7}|DRAFT)$/, VERSION_EXPECTED), z.int().min(1)])
  .transform(String)
  .describe('A version, or DRAFT.');

const guardrail = (id: z.ZodString) =>
  z
    .strictObject({
      id: id.describe('Id of the guardrail, as Bedrock gave it.'),
      version,
      trace: z
        .enum(['disabled', 'enabled', 'enabled_full'])
        .optional()
        .describe('What the guardrail found, in the answer: it quotes the text that matched.'),
      streamMode: z
        .enum(['sync', 'async'])
        .optional()
        .describe('sync holds a stream back until it is checked; async lets text through before, and masks nothing.'),
    })
    .describe('The guardrail that checks requests and answers.');

// The patterns are those of the API model, 2026-11.
const PLAIN_ID = /^[a-z0-9]{1,64}$/;
const GUARDRAIL_ID = /^([a-z0-9]{1,64}|arn:aws[\w-]*:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+)$/;
const TAG = /^[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}$/;
const TAG_EXPECTED = 'expected 1 to 256 letters, digits, spaces and : _ @ $ # = / + , . -';
const tagName = z.string().regex(TAG, TAG_EXPECTED);
export const TAGS_MAX = 16;

const requestMetadata = z
  .record(tagName, z.string().regex(/^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/, TAG_EXPECTED))
  .superRefine((tags, context) => {
    if (Object.keys(tags).length > TAGS_MAX) {
      context.addIssue({ code: 'custom', message: `expected at most ${TAGS_MAX} entries` });
    }
  })
  .describe('Sent with the request, for cost allocation and invocation logs.');

export const POINTERS_MAX = 10;
const pointers = z
  .array(
    z
      .string()
      .max(256)
      .regex(/^(\/([^~/]|~[01])+)+$/, 'expected a JSON Pointer such as /stop_sequence'),
  )
  .superRefine((list, context) => {
    if (list.length > POINTERS_MAX) {
      context.addIssue({ code: 'custom', message: `expected at most ${POINTERS_MAX} JSON Pointers` });
    }
  })
  .describe("Members of the model's own answer to be given back.");

const SYSTEM_TOOLS = ['nova_grounding', 'nova_code_interpreter'] as const;

const common = {
  latency: z
    .enum(['standard', 'optimized'])
    .optional()
    .describe('optimized: faster and dearer, for the few models that have it.'),
  promptVariables: z.record(z.string().min(1), z.string()).optional().describe('Variables of a managed prompt.'),
  additionalModelResponseFieldPaths: pointers.optional(),
  systemTools: z.array(z.enum(SYSTEM_TOOLS)).optional().describe("The model's own tools, run by AWS."),
  citations: z.boolean().optional().describe('Claude cites the documents of the request.'),
};

const serviceTier = z
  .union([
    tier,
    z.strictObject({
      use: tier.optional().describe('Where the client asks for none.'),
      allow: z.array(tier).min(1).describe('What clients may ask for.'),
    }),
  ])
  .transform((written) => (typeof written === 'string' ? { use: written, allow: [] } : written))
  .describe('The service tier, and which ones clients may choose.');

/** What a route sets. */
export const routeSchema = z.strictObject({
  ...common,
  guardrail: guardrail(z.string().regex(GUARDRAIL_ID, 'expected the id or the ARN of a guardrail')).optional(),
  serviceTier: serviceTier.optional(),
  requestMetadata: requestMetadata.optional(),
  keyTag: tagName.optional().describe("Name of the requestMetadata entry that holds the name of the caller's key."),
});

/** What a client may send. A guardrail by its ARN would choose an account and a region: only a route may name one. */
const clientSchema = z.strictObject({
  ...common,
  guardrail: guardrail(z.string().regex(PLAIN_ID, 'expected the id of a guardrail, no ARN')).optional(),
  serviceTier: tier.optional(),
  requestMetadata: requestMetadata.optional(),
});

/** The members that may be there may also be undefined: zod's optional keys are so. */
export type RouteSettings = z.output<typeof routeSchema>;
export type ClientSettings = z.output<typeof clientSchema>;

const ROUTE_ONLY: ReadonlySet<string> = new Set(
  Object.keys(routeSchema.shape).filter((key) => !Object.hasOwn(clientSchema.shape, key)),
);

/** The client's own name of a setting, by where it stands in the schema. */
export type FieldName = (path: readonly PropertyKey[]) => string;

export const bedrockField: FieldName = (path) => ['bedrock', ...path].join('.');

/** A client's field `bedrock`. Throws RouterError `invalid-request` that names what is wrong in it. */
export function readClientSettings(
  bag: Readonly<Record<string, unknown>>,
  fieldName: FieldName = bedrockField,
): ClientSettings {
  const parsed = clientSchema.safeParse(bag);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const field = fieldName([...issue.path, key]);
    throw wrong(field, ROUTE_ONLY.has(key) && issue.path.length === 0 ? 'only a route may set this' : 'unknown field');
  }
  throw wrong(fieldName(issue?.path ?? []), reasonOf(issue));
}

export function wrong(field: string, reason: string): RouterError {
  // The client chose the name of the field.
  const shown = field.slice(0, 200);
  return new RouterError('invalid-request', `${shown}: ${reason}`, { field: shown });
}

/** zod's own words without their beginning; of a union those of its first branch. */
function reasonOf(issue: z.core.$ZodIssue | undefined): string {
  const said = (issue?.code === 'invalid_union' ? issue.errors[0]?.[0] : undefined) ?? issue;
  if (said?.code === 'invalid_value') return `expected one of ${said.values.join(', ')}`;
  const message = said?.message.replace(/^Invalid input: /, '') ?? 'not as expected';
  return message.charAt(0).toLowerCase() + message.slice(1);
}
