export * from './log.ts';
export * from './record.ts';
