export * from './keys.ts';
export * from './media.ts';
export * from './plugin-loader.ts';
export * from './router.ts';
export * from './upstream.ts';
