// What a provider's tests use.
export * from './grammar.ts';
