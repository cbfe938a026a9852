// The router as a library. Plugin authors import `@turnout/core/contract` and `@turnout/core/wire` only.
export * from './contract/index.ts';
