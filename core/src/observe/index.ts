// What the rest of the house uses of this room.
export { type Metric, printMetrics, type Reloads } from './exposition.ts';
export * from './line.ts';
export * from './log.ts';
export * from './merge.ts';
export { splitTarget } from './names.ts';
export * from './observer.ts';
export * from './record.ts';
export * from './stray-rejection.ts';
