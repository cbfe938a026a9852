export * from './explain.ts';
export * from './listen.ts';
