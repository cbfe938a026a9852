// What the rest of the house uses of this room.
export * from './attempt.ts';
export * from './breaker.ts';
export * from './breakers.ts';
export * from './commit.ts';
export * from './course.ts';
export * from './gate.ts';
export * from './latency.ts';
export * from './strategy.ts';
export * from './target.ts';
export { noteBreak, noteFailure } from './tries.ts';
export * from './watch.ts';
