// What the rest of the house uses of this room.
export * from './comparison.ts';
export * from './examination.ts';
export * from './explain.ts';
export type * from './explain-order.ts';
export { type ExplainedTarget, explainError } from './explain-target.ts';
export * from './inquiry.ts';
export * from './listen.ts';
export type { Difference } from './outlook.ts';
export * from './replay.ts';
export * from './route-warnings.ts';
export { readTls } from './tls.ts';
