// What the rest of the house uses of this room.
export { type Address, removeLeftOver, socketPathOf, socketUmask } from './address.ts';
export * from './comparison.ts';
export * from './examination.ts';
export * from './explain.ts';
export type * from './explain-order.ts';
export { type ExplainedTarget, explainError } from './explain-target.ts';
export * from './fleet.ts';
export * from './inquiry.ts';
export * from './listen.ts';
export type { Difference } from './outlook.ts';
export * from './replay.ts';
export * from './route-warnings.ts';
export { failureText } from './self-check.ts';
export { readTls } from './tls.ts';
