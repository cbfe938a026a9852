export * from './line.ts';
export * from './log.ts';
export * from './observer.ts';
export * from './record.ts';
