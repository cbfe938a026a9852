// The whole of what a plugin author reads.
export * from './error.ts';
export * from './event.ts';
export * from './loss.ts';
export * from './model.ts';
export * from './plugin.ts';
export * from './provider.ts';
export * from './request.ts';
