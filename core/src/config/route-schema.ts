// The schema of an entry of `routes`: where a name leads, in which order, and what is set there.
import { z } from 'zod';
import type { RouteReasoning, StickyBy } from './config.ts';

/** A rule that JSON Schema can say too: one of two keys, never both. */
const exactlyOne =
  <A extends string, B extends string>(first: A, second: B) =>
  (value: { readonly [key in A | B]?: unknown }, context: z.core.$RefinementCtx): void => {
    const both = value[first] !== undefined && value[second] !== undefined;
    if (both) context.addIssue({ code: 'custom', path: [second], message: `only one of "${first}" and "${second}"` });
    else if (value[first] === undefined && value[second] === undefined) {
      context.addIssue({ code: 'custom', path: [], message: `needs "${first}" or "${second}"` });
    }
  };
const oneRequired = (...keys: string[]) => ({ oneOf: keys.map((key) => ({ required: [key] })) });

const TARGET_MESSAGE = 'expected "provider/model" or "route/name"';
const targetSchema = z.string(TARGET_MESSAGE).regex(/^[^/]+\/.+$/, TARGET_MESSAGE);

const weightedSchema = z.union([
  targetSchema,
  z.strictObject({
    target: targetSchema,
    weight: z.number().positive().max(1_000_000).default(1).describe('Its share, in proportion to the others.'),
  }),
]);

const stickySchema = z
  .union([
    z.enum(['prefix', 'user']),
    z.strictObject({
      header: z
        .string()
        .regex(/^[A-Za-z0-9-]+$/, 'a header name has letters, digits and "-" only')
        .describe('A header that the client sends.'),
    }),
  ])
  .transform((by): StickyBy => (typeof by === 'string' ? { by } : { by: 'header', header: by.header.toLowerCase() }));

const reasoningSchema = z
  .union([
    z.literal('off'),
    z
      .strictObject({
        budget: z.int().min(1).optional().describe('Tokens.'),
        effort: z.enum(['minimal', 'low', 'medium', 'high', 'xhigh', 'max']).optional(),
      })
      .superRefine(exactlyOne('budget', 'effort'))
      .meta(oneRequired('budget', 'effort')),
  ])
  .transform((reasoning): RouteReasoning => {
    if (reasoning === 'off') return 'off';
    if (reasoning.effort !== undefined) return { effort: reasoning.effort };
    // exactlyOne has made sure of it.
    return { budget: reasoning.budget ?? 0 };
  });

/** A route may also have a key for each plugin that its targets use: route-settings.ts. */
const routeMapSchema = z.strictObject({
  targets: z
    .array(weightedSchema)
    .min(1)
    .describe('provider/model, or route/name for all that another route leads to. The next is tried when one fails.'),
  strategy: z
    .enum(['ordered', 'weighted', 'round-robin', 'least-latency', 'sticky'])
    .default('ordered')
    .describe('Which target is asked first. The others follow when it fails.'),
  sticky: stickySchema
    .optional()
    .describe(
      'What is kept at one target by "strategy: sticky": the prompt\'s beginning (the default), a user, or a header.',
    ),
  onContextOverflow: z
    .array(targetSchema)
    .optional()
    .describe('Asked in place of the remaining targets when the prompt is too long for one.'),
  onContentBlocked: z
    .array(targetSchema)
    .optional()
    .describe(
      'Asked in place of the remaining targets when a filter blocks the request, or the answer before it began.',
    ),
  resume: z
    .boolean()
    .default(false)
    .describe('A stream that breaks goes on at the next target, from the text already sent.'),
  reasoning: reasoningSchema.optional().describe("The client's own setting wins."),
  defaults: z
    .strictObject({
      maxTokens: z.int().min(1).optional(),
      temperature: z.number().min(0).max(2).optional(),
      topP: z.number().min(0).max(1).optional(),
    })
    .prefault({})
    .describe('Used where the client says nothing.'),
});
export const ROUTE_KEYS: readonly string[] = Object.keys(routeMapSchema.shape);

export const routeSchema = z.union([targetSchema, routeMapSchema]);
