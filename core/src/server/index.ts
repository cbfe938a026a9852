export * from './examination.ts';
export * from './explain.ts';
export * from './listen.ts';
export * from './route-warnings.ts';
