// What the rest of the house uses of this room.
export * from './config-loader.ts';
export * from './keys.ts';
export * from './limits.ts';
export * from './live.ts';
export * from './media.ts';
export * from './plugin-loader.ts';
export { builtInPlugins } from './plugin-place.ts';
export * from './reloading.ts';
export * from './roster.ts';
export * from './router.ts';
export * from './upstream.ts';
